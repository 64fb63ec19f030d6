// `npm run bench -- NAME [options]`: runs tools/bench/src/NAME.ts. Without a name: says which there are.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildEngine } from './steps/build.mjs'
import { installDependencies } from './steps/install.mjs'
import { root } from './steps/paths.mjs'
import { requireCompiler, requireNode } from './steps/requirements.mjs'
import { main, stop } from './steps/stop.mjs'

const directory = join(root, 'tools/bench/src/benchmarks')
const [name, ...options] = process.argv.slice(2)

await main(async () => {
  requireNode()
  requireCompiler()
  const names = existsSync(directory)
    ? readdirSync(directory).flatMap((file) => (/^[a-z-]+\.ts$/.test(file) ? [file.slice(0, -3)] : []))
    : []
  if (name === undefined || !names.includes(name))
    stop(`Usage: npm run bench -- NAME [--json]; NAME is one of: ${names.join(', ')}`)
  await installDependencies()
  await buildEngine()
  const child = spawn(
    process.execPath,
    ['-C', 'source', '--import', 'tsx', join(directory, `${name}.ts`), ...options],
    { cwd: root, stdio: 'inherit' },
  )
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)))
})
