// Builds the native engine with node-gyp, and skips the work in milliseconds when nothing has changed: a hash of every
// source and of the flags that matter is kept beside the result. Runs as the package's install script.
//
//   node build.mjs                 build if needed
//   node build.mjs --list-sources  print the sources for binding.gyp
//   PARLEY_ENGINE_SANITIZE=1       build with AddressSanitizer and UBSan (see README.md for how to run it)
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(fileURLToPath(import.meta.url))
const sourceFolders = ['native/core', 'native/bwe', 'native/layers', 'native/engine', 'native/load', 'native/addon']
const result = join(root, 'build/Release/parley_engine.node')
const stampFile = join(root, 'build/parley_engine.stamp')
const lockFolder = join(root, 'build/parley_engine.lock')

function filesOf(pattern) {
  return sourceFolders.flatMap((folder) => {
    const path = join(root, folder)
    if (!existsSync(path)) return []
    return readdirSync(path)
      .filter((name) => pattern.test(name))
      .sort()
      .map((name) => `${folder}/${name}`)
  })
}

function sourceHash() {
  const hash = createHash('sha256')
  hash.update(`${process.platform} ${process.arch} ${process.env['PARLEY_ENGINE_SANITIZE'] ?? ''}\n`)
  for (const file of ['binding.gyp', 'build.mjs', ...filesOf(/\.(h|cc)$/)]) {
    hash.update(`${file}\n`)
    hash.update(readFileSync(join(root, file)))
  }
  return hash.digest('hex')
}

function isCurrent(hash) {
  return existsSync(result) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash
}

// Two builds in one folder would tear each other's objects apart; mkdir is the one atomic test-and-set that needs no
// dependency. A lock older than ten minutes belongs to a build that was killed.
function lock() {
  mkdirSync(join(root, 'build'), { recursive: true })
  for (;;) {
    try {
      mkdirSync(lockFolder)
      return
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      let ageMs = 0
      try {
        ageMs = Date.now() - statSync(lockFolder).mtimeMs
      } catch {
        continue // released in between
      }
      if (ageMs > 600_000) rmSync(lockFolder, { recursive: true, force: true })
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
    }
  }
}

function gypArguments() {
  // Node's own headers carry OpenSSL's too. Where they sit beside the executable, nothing has to be downloaded.
  const prefix = dirname(dirname(process.execPath))
  const local = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : []
  return ['configure', 'build', '--jobs', '2', ...local]
}

function sanitizeEnvironment() {
  if (!process.env['PARLEY_ENGINE_SANITIZE']) return {}
  const flags = '-fsanitize=address,undefined -fno-omit-frame-pointer -g'
  return { CXXFLAGS: flags, LDFLAGS: flags }
}

function build() {
  const require = createRequire(import.meta.url)
  const nodeGyp = join(dirname(require.resolve('node-gyp/package.json')), 'bin/node-gyp.js')
  const run = spawnSync(process.execPath, [nodeGyp, ...gypArguments()], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...sanitizeEnvironment() },
    maxBuffer: 64 * 1024 * 1024,
  })
  if (run.status === 0) return true
  process.stderr.write(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error ? `${run.error.message}\n` : ''}`)
  process.stderr.write(
    'media-engine: the native build failed. It needs a C++17 compiler, make and Python 3 (Debian: build-essential python3).\n',
  )
  return false
}

if (process.argv.includes('--list-sources')) {
  console.log(filesOf(/\.cc$/).join('\n'))
} else {
  const hash = sourceHash()
  if (!isCurrent(hash)) {
    lock()
    try {
      const started = Date.now()
      if (!isCurrent(hash)) {
        rmSync(stampFile, { force: true })
        if (!build()) process.exitCode = 1
        else {
          writeFileSync(stampFile, hash)
          console.log(`media-engine: built ${relative(process.cwd(), result)} in ${Date.now() - started} ms`)
        }
      }
    } finally {
      rmSync(lockFolder, { recursive: true, force: true })
    }
  }
}
