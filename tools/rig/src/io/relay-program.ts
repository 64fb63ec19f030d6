/** The relay's program: compiled when first needed, and again when its sources change. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { RigError } from '../errors.ts'

/** @returns the path of the program. @throws RigError `not-built` with the compiler's words */
export async function relayProgram(): Promise<string> {
  const names = (await readdir(SOURCES)).filter((name) => /\.(?:h|cpp)$/.test(name)).sort()
  const hash = createHash('sha256').update(FLAGS.join(' '))
  for (const name of names) hash.update(name).update(await readFile(join(SOURCES, name)))
  const program = join(CACHE, `relay-${hash.digest('hex').slice(0, 16)}`)
  if (await exists(program)) return program
  await mkdir(CACHE, { recursive: true })
  // Two test files may compile at once: each under a name of its own, the last to finish wins.
  const draft = `${program}.${process.pid}`
  try {
    await promisify(execFile)('g++', [...FLAGS, join(SOURCES, 'main.cpp'), '-o', draft], { timeout: 120_000 })
    await rename(draft, program)
  } catch (cause) {
    await rm(draft, { force: true })
    throw new RigError('not-built', `the relay cannot be compiled: ${String(cause)}`, { cause })
  }
  return program
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}

const SOURCES = fileURLToPath(new URL('../../native', import.meta.url))
const CACHE = fileURLToPath(new URL('../../../../.cache/rig', import.meta.url))
const FLAGS = ['-std=c++17', '-O2', '-Wall', '-Wextra', '-Werror']
