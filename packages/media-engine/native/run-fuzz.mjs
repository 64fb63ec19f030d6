// Fuzzes the parsers and cores under sanitizers:
//   node native/run-fuzz.mjs [--seconds S] [--seed N] [--target NAME] [--libfuzzer]
// S seconds for each target. An input that fails is kept in native/fuzz/corpus/<target>/ and tried first ever after.
// --libfuzzer builds the same targets with clang++ and libFuzzer instead of our own driver.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildProgram, nativeDirectory, requireToolchain, sourcesOf } from './sanitized-build.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string' },
    libfuzzer: { type: 'boolean', default: false },
  },
})

const compiler = process.env.CXX ?? (values.libfuzzer ? 'clang++' : 'g++')
requireToolchain(compiler)
const variant = `fuzz-${values.libfuzzer ? 'lib-' : ''}${compiler.replace(/\W/g, '-')}`
const driver = join(nativeDirectory, 'fuzz', 'driver.cc')
// The driver takes the calls that the compiler puts into everything else, so it must not have them itself.
const coverage = values.libfuzzer ? ['-fsanitize=fuzzer-no-link'] : ['-fsanitize-coverage=trace-pc']
const flagsFor = (source) => [
  `-I${nativeDirectory}`,
  ...(source !== driver ? coverage : values.libfuzzer ? ['-DPARLEY_LIBFUZZER'] : []),
]
const linkFlags = values.libfuzzer ? ['-fsanitize=fuzzer'] : []
const targets = sourcesOf('fuzz').filter((source) => source !== driver)

let passed = 0
let failed = 0
for (const source of targets) {
  const name = basename(source, '.cc')
  if (values.target !== undefined && values.target !== name) continue
  const program = await buildProgram({
    name: `fuzz-${name}`,
    sources: [...foldersOf(name).flatMap(sourcesOf), driver, source],
    variant,
    compiler,
    flagsFor,
    linkFlags,
    libraries: name === 'engine' ? ['-lssl', '-lcrypto', '-pthread'] : ['-lcrypto'],
  })
  if (values.libfuzzer ? runLibFuzzer(name, program) : runDriver(name, program)) {
    passed++
  } else {
    failed++
  }
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

// Conversations of whole engines need all of them, and the network between them.
function foldersOf(name) {
  return name === 'engine' ? ['core', 'bwe', 'layers', 'engine', 'sim'] : ['core', 'layers']
}

function runDriver(name, program) {
  const current = join(nativeDirectory, '.cache', variant, `current-${name}`)
  const corpus = corpusFiles(name)
  const result = spawnSync(
    program,
    ['--current', current, '--seconds', values.seconds, '--seed', values.seed, ...corpus],
    { encoding: 'utf8' },
  )
  if (result.status === 0) {
    process.stdout.write(`ok fuzz ${name}: ${result.stdout.trim()}, ${corpus.length} kept inputs\n`)
    return true
  }
  process.stderr.write(result.error ? `${result.error.message}\n` : result.stderr)
  const kept = keep(name, current)
  process.stdout.write(`not ok fuzz ${name}: ${result.signal ?? `exit ${result.status}`}, input kept in ${kept}\n`)
  return false
}

function runLibFuzzer(name, program) {
  const corpus = join(nativeDirectory, '.cache', variant, `corpus-${name}`)
  mkdirSync(corpus, { recursive: true })
  const kept = join(nativeDirectory, 'fuzz', 'corpus', name)
  mkdirSync(kept, { recursive: true })
  const limits = [`-max_total_time=${values.seconds}`, `-seed=${values.seed}`, '-max_len=2048', '-timeout=10']
  const result = spawnSync(program, [...limits, `-artifact_prefix=${kept}/`, corpus, kept], {
    encoding: 'utf8',
    env: { ...process.env, PARLEY_SEED_DIRECTORY: corpus },
  })
  if (result.status === 0) {
    process.stdout.write(`ok fuzz ${name}: ${result.stderr.trim().split('\n').at(-1)}\n`)
    return true
  }
  process.stderr.write(result.stderr)
  process.stdout.write(`not ok fuzz ${name}: see above, input kept in ${kept}\n`)
  return false
}

function corpusFiles(name) {
  const directory = join(nativeDirectory, 'fuzz', 'corpus', name)
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .sort()
    .map((file) => join(directory, file))
}

// The driver keeps the input being tried in a file: its size as 32 bits of the machine's order, then the bytes.
function keep(name, current) {
  if (!existsSync(current)) return 'nothing: the program died before the first input'
  const memory = readFileSync(current)
  const input = memory.subarray(4, 4 + memory.readUInt32LE(0))
  const directory = join(nativeDirectory, 'fuzz', 'corpus', name)
  mkdirSync(directory, { recursive: true })
  const path = join(directory, createHash('sha256').update(input).digest('hex').slice(0, 16))
  writeFileSync(path, input)
  return path
}
