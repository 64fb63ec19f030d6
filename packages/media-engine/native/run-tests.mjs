// Builds and runs the tests of the pure cores, and of those parts of the engine that can be tried alone: node native/run-tests.mjs [part of a test's name]
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildProgram, nativeDirectory, requireToolchain, sourcesOf } from './sanitized-build.mjs'

const compiler = process.env.CXX ?? 'g++'
const engineSources = ['poller.cc', 'send_queue.cc', 'udp_socket.cc'].map((name) =>
  join(nativeDirectory, 'engine', name),
)
requireToolchain(compiler)
const program = await buildProgram({
  name: 'core-tests',
  sources: [...['core', 'bwe', 'layers', 'sim', 'test'].flatMap(sourcesOf), ...engineSources],
  variant: `test-${compiler.replace(/\W/g, '-')}`,
  compiler,
  flagsFor: () => [`-I${nativeDirectory}`],
  linkFlags: ['-pthread'],
})
const result = spawnSync(program, process.argv.slice(2), { stdio: 'inherit' })
process.exit(result.status ?? 1)
