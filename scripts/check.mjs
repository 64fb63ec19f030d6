// `npm run check`: everything that can be said about the code without running it.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './steps/paths.mjs'
import { run, stopRunningOnSignals } from './steps/run.mjs'
import { formatTally } from './steps/tally.mjs'
import { installDependencies } from './steps/install.mjs'
import { main } from './steps/stop.mjs'

const node = process.execPath

/** The root's configuration is for Node; what runs in browsers, or is evaluated in pages, has its own. */
function projects() {
  const own = ['packages', 'apps', 'tools'].flatMap((group) =>
    readdirSync(join(root, group))
      .flatMap((name) => [`${group}/${name}`, `${group}/${name}/test`])
      .filter((directory) => existsSync(join(root, directory, 'tsconfig.json'))),
  )
  return ['.', ...own]
}

const bin = (path) => `node_modules/${path}`

/** Name, arguments to Node. */
const checks = [
  ...projects().map((project) => [`types of ${project}`, [bin('typescript/bin/tsc'), '-p', project]]),
  ['lint', [bin('oxlint/bin/oxlint'), '--type-aware', '--deny-warnings', 'packages', 'apps', 'tools', 'scripts']],
  ['format', [bin('@biomejs/biome/bin/biome'), 'format', '.']],
  [
    'layers',
    [
      bin('dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      '.dependency-cruiser.mjs',
      'packages',
      'apps',
      'tools',
    ],
  ],
]

stopRunningOnSignals()
await main(installDependencies)
const tally = { passed: 0, failed: 0 }
const queue = [...checks]
await Promise.all(
  Array.from({ length: 2 }, async () => {
    for (let check = queue.shift(); check; check = queue.shift()) {
      const [name, args] = check
      const { code, output, seconds } = await run(node, args, { deadlineMs: 180_000 })
      if (code === 0) tally.passed++
      else tally.failed++
      console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`)
      if (code !== 0) console.log(output.trimEnd())
    }
  }),
)
console.log(`\n${formatTally(tally)}`)
process.exit(tally.failed === 0 ? 0 : 1)
