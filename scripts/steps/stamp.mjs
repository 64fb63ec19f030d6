// Remembering what a result was made from: a hash over contents, so that touching a file or changing branches back and
// forth builds nothing.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDirectory, root } from './paths.mjs'

/** @param {readonly string[]} places files and directories, relative to the root; missing ones count as such */
export function hashOf(places) {
  const hash = createHash('sha256')
  for (const place of places) addPlace(hash, place)
  return hash.digest('hex')
}

export function hasStamp(name, hash) {
  try {
    return readFileSync(stampFile(name), 'utf8') === hash
  } catch {
    return false
  }
}

export function setStamp(name, hash) {
  mkdirSync(join(cacheDirectory, 'stamps'), { recursive: true })
  writeFileSync(stampFile(name), hash)
}

function addPlace(hash, place) {
  const stats = statSync(join(root, place), { throwIfNoEntry: false })
  hash.update(`${place}\0${stats ? (stats.isDirectory() ? 'directory' : stats.size) : 'missing'}\0`)
  if (stats?.isDirectory()) {
    for (const name of readdirSync(join(root, place)).sort()) addPlace(hash, `${place}/${name}`)
  } else if (stats) {
    hash.update(readFileSync(join(root, place)))
  }
}

function stampFile(name) {
  return join(cacheDirectory, 'stamps', name)
}
