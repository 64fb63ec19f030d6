// `npm run bench [-- [NAME] [options]]`: builds engine and server and runs tools/bench, where the benchmarks and options are listed.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { buildEngine, bundleServer } from './steps/build.mjs'
import { installDependencies } from './steps/install.mjs'
import { root } from './steps/paths.mjs'
import { requireCompiler, requireNode } from './steps/requirements.mjs'
import { main } from './steps/stop.mjs'

await main(async () => {
  requireNode()
  requireCompiler()
  await installDependencies()
  await Promise.all([buildEngine(), bundleServer()])
  const program = join(root, 'tools/bench/src/main.ts')
  const child = spawn(process.execPath, ['-C', 'source', '--import', 'tsx', program, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
  })
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)))
})
