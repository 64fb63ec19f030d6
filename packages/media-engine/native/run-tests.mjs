// Builds and runs the tests of the pure cores: node native/run-tests.mjs [part of a test's name]
import { spawnSync } from 'node:child_process'
import { buildProgram, requireToolchain, sourcesOf } from './sanitized-build.mjs'

const compiler = process.env.CXX ?? 'g++'
requireToolchain(compiler)
const program = await buildProgram({
  name: 'core-tests',
  sources: [...sourcesOf('core'), ...sourcesOf('test')],
  variant: `test-${compiler.replace(/\W/g, '-')}`,
  compiler,
})
const result = spawnSync(program, process.argv.slice(2), { stdio: 'inherit' })
process.exit(result.status ?? 1)
