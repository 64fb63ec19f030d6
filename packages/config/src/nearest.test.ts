import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance, nearest } from './nearest.ts'

test('distances count insertions, deletions, replacements and swaps', () => {
  assert.equal(editDistance('', ''), 0)
  assert.equal(editDistance('PORT', 'PORT'), 0)
  assert.equal(editDistance('PORT', 'PROT'), 1)
  assert.equal(editDistance('PORT', 'PORTS'), 1)
  assert.equal(editDistance('PORT', 'POR'), 1)
  assert.equal(editDistance('PORT', 'HOST'), 2)
  assert.equal(editDistance('', 'abc'), 3)
})

test('the nearest candidate within reach, else none', () => {
  assert.equal(nearest('JVB_PROT', ['HTTP_PORT', 'JVB_PORT'], 2), 'JVB_PORT')
  assert.equal(nearest('EDITOR', ['HTTP_PORT', 'JVB_PORT'], 2), undefined)
})
