import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { after, test } from 'node:test'
import { cacheDirectory, root } from './paths.mjs'
import { hashOf } from './stamp.mjs'

mkdirSync(cacheDirectory, { recursive: true })
const directory = mkdtempSync(join(cacheDirectory, 'stamp-test-'))
after(() => rmSync(directory, { recursive: true }))
const place = relative(root, directory)

test('a hash follows contents and names, not times', () => {
  const file = join(directory, 'a.txt')
  const empty = hashOf([place])
  writeFileSync(file, 'one')
  const one = hashOf([place])
  assert.notEqual(one, empty)
  utimesSync(file, 1, 1)
  assert.equal(hashOf([place]), one)
  writeFileSync(file, 'two')
  assert.notEqual(hashOf([place]), one)
  writeFileSync(file, 'one')
  assert.equal(hashOf([place]), one)
  renameSync(file, join(directory, 'b.txt'))
  assert.notEqual(hashOf([place]), one)
  assert.notEqual(hashOf([`${place}/missing`]), hashOf([]))
})
