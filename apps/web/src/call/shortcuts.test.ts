import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SHORTCUTS, shortcutOf } from './shortcuts.ts'

const press = (key: string, change = {}) =>
  shortcutOf({ key, ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...change })

test('letters act in either case', () => {
  assert.equal(press('m'), 'microphone')
  assert.equal(press('V'), 'camera')
  assert.equal(press('x'), undefined)
})

test('combinations belong to the browser, and a held key acts once', () => {
  assert.equal(press('c', { ctrlKey: true }), undefined)
  assert.equal(press('r', { metaKey: true }), undefined)
  assert.equal(press('m', { repeat: true }), undefined)
})

test('no two actions share a key', () => {
  assert.equal(new Set(SHORTCUTS.map(({ key }) => key)).size, SHORTCUTS.length)
})
