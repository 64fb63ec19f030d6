// Builds and runs the tests of the pure cores, and of whole engines on a virtual clock: node native/run-tests.mjs [part of a test's name]
import { spawnSync } from 'node:child_process'
import { buildProgram, nativeDirectory, requireToolchain, sourcesOf } from './sanitized-build.mjs'

const compiler = process.env.CXX ?? 'g++'
requireToolchain(compiler)
const program = await buildProgram({
  name: 'core-tests',
  sources: ['core', 'bwe', 'layers', 'engine', 'sim', 'test'].flatMap(sourcesOf),
  variant: `test-${compiler.replace(/\W/g, '-')}`,
  compiler,
  flagsFor: () => [`-I${nativeDirectory}`],
  linkFlags: ['-pthread'],
  libraries: ['-lssl', '-lcrypto'],
})
const result = spawnSync(program, process.argv.slice(2), { stdio: 'inherit' })
process.exit(result.status ?? 1)
