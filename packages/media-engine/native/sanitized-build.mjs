// Compiles the cores with a program of their own (tests, fuzzers) under AddressSanitizer and UBSan. Incremental: an
// object is made again when one of the files it was made from, as the compiler listed them, is newer.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const nativeDirectory = dirname(fileURLToPath(import.meta.url))

const flags = [
  '-std=c++17',
  '-O1',
  '-g',
  '-fno-omit-frame-pointer',
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=all',
  '-Wall',
  '-Wextra',
  '-Wconversion',
]

/** All `.cc` files of a directory below native/, sorted. */
export function sourcesOf(directory) {
  const path = join(nativeDirectory, directory)
  return readdirSync(path)
    .filter((name) => name.endsWith('.cc'))
    .sort()
    .map((name) => join(path, name))
}

/** Ends the process with one sentence when the compiler or OpenSSL's headers are missing. */
export function requireToolchain(compiler) {
  if (spawnSync(compiler, ['--version']).error !== undefined) {
    fail(`The C++ compiler ${compiler} is missing; install it with: apt-get install g++ (or set CXX).`)
  }
  const probe = spawnSync(compiler, ['-x', 'c++', '-fsyntax-only', '-'], { input: '#include <openssl/evp.h>\n' })
  if (probe.status !== 0) fail("OpenSSL's headers are missing; install them with: apt-get install libssl-dev")
}

/**
 * Compile and link. `variant` names the build directory, so that different flags do not share objects.
 * @param flagsFor further flags for one source
 * @param libraries flags that come after the objects
 * @returns path of the program
 */
export async function buildProgram({
  name,
  sources,
  variant,
  compiler,
  flagsFor = () => [],
  linkFlags = [],
  libraries = ['-lcrypto'],
}) {
  const directory = join(nativeDirectory, '.cache', variant)
  mkdirSync(directory, { recursive: true })
  const objects = sources.map((source) => join(directory, `${basename(dirname(source))}-${basename(source, '.cc')}.o`))
  const stale = sources.flatMap((source, i) => (isFresh(objects[i], source) ? [] : [{ source, object: objects[i] }]))
  const jobs = Array.from({ length: Math.max(1, Math.min(availableParallelism(), stale.length)) }, async () => {
    for (let job = stale.shift(); job !== undefined; job = stale.shift()) {
      const list = job.object.replace(/\.o$/, '.d')
      const mine = `${job.object}.${process.pid}`
      await run(compiler, [...flags, ...flagsFor(job.source), '-MMD', '-MF', list, '-c', job.source, '-o', mine])
      // At once, so that another run in the same tree never links half an object.
      renameSync(mine, job.object)
    }
  })
  await Promise.all(jobs)
  const program = join(directory, name)
  if (!existsSync(program) || objects.some((object) => statSync(object).mtimeMs > statSync(program).mtimeMs)) {
    const mine = `${program}.${process.pid}`
    await run(compiler, [...flags, ...linkFlags, ...objects, '-o', mine, ...libraries])
    renameSync(mine, program)
  }
  return program
}

// The .d file is a make rule: "object: source header header \".
function isFresh(object, source) {
  const list = object.replace(/\.o$/, '.d')
  if (!existsSync(object) || !existsSync(list)) return false
  const made = statSync(object).mtimeMs
  const inputs = readFileSync(list, 'utf8')
    .replace(/\\\n/g, ' ')
    .replace(/^[^:]*:/, '')
    .split(/\s+/)
    .filter((path) => path !== '')
  // A copied tree brings objects that were made from files elsewhere.
  return inputs.includes(source) && inputs.every((path) => existsSync(path) && statSync(path).mtimeMs <= made)
}

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit' })
    child.on('error', (error) => fail(`${command}: ${error.message}`))
    child.on('exit', (code) => (code === 0 ? resolve() : fail(`${command} failed; see above.`)))
  })
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}
