// Writes docs/settings.md from the table of settings. A test fails while the page is out of date.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const program = `import { renderReference, SETTINGS } from '@parley/config'
process.stdout.write(renderReference(SETTINGS))`
const result = spawnSync(
  process.execPath,
  ['-C', 'source', '--import', 'tsx', '--input-type=module', '--eval', program],
  { cwd: fileURLToPath(new URL('../apps/server', import.meta.url)), encoding: 'utf8', timeout: 30_000 },
)
if (result.status !== 0) {
  console.error(result.stderr)
  process.exit(1)
}
writeFileSync(new URL('../docs/settings.md', import.meta.url), result.stdout)
