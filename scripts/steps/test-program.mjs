// Programs that need everything built and a browser, as the tests do, and that people run by name.
import { spawn } from 'node:child_process'
import { buildEngine, buildWeb } from './build.mjs'
import { installDependencies } from './install.mjs'
import { root } from './paths.mjs'
import { requireCompiler, requireNode } from './requirements.mjs'
import { main } from './stop.mjs'
import { provideTestTools } from './test-tools.mjs'

/** Runs it with this command's arguments and ends with its exit code. */
export function runTestProgram(path) {
  return main(async () => {
    requireNode()
    await provideTestTools()
    requireCompiler()
    await installDependencies()
    await Promise.all([buildEngine(), buildWeb()])
    const child = spawn(process.execPath, ['-C', 'source', '--import', 'tsx', path, ...process.argv.slice(2)], {
      cwd: root,
      stdio: 'inherit',
    })
    child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)))
  })
}
