import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULTS, openPreferences, parsePreferences } from './preferences.ts'

function memoryStorage() {
  const items = new Map<string, string>()
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => items.set(key, value),
  }
}

test('choices come back when the page is opened again', () => {
  const storage = memoryStorage()
  openPreferences(storage).setState({ displayName: 'Ada', isCameraMuted: true })
  assert.deepEqual(openPreferences(storage).getState(), { ...DEFAULTS, displayName: 'Ada', isCameraMuted: true })
})

test('what is not ours or has the wrong type is ignored', () => {
  assert.deepEqual(parsePreferences('not json'), DEFAULTS)
  assert.deepEqual(parsePreferences('null'), DEFAULTS)
  assert.deepEqual(parsePreferences('{"isCameraMuted":"yes","cameraId":"c1","other":1}'), {
    ...DEFAULTS,
    cameraId: 'c1',
  })
})

test('storage that throws costs nothing but memory', () => {
  const refuse = () => {
    throw new Error('denied')
  }
  const store = openPreferences({ getItem: refuse, setItem: refuse })
  store.setState({ displayName: 'Ada' })
  assert.equal(store.getState().displayName, 'Ada')
})
