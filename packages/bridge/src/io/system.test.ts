import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { secretEquals, systemRandom, systemTimers } from './system.ts'

test('secrets are equal only when they are', () => {
  assert.equal(secretEquals('secret', 'secret'), true)
  for (const given of ['', 'secre', 'secret ', 'Secret', 'sécret']) assert.equal(secretEquals(given, 'secret'), false)
})

test('random bytes have the asked size and differ', () => {
  assert.equal(systemRandom(24).length, 24)
  assert.notDeepEqual(systemRandom(24), systemRandom(24))
})

test('a timer runs once, a cancelled one never', async () => {
  const runs: string[] = []
  const before = systemTimers.now()
  systemTimers.after(5, () => runs.push('kept'))
  systemTimers.after(5, () => runs.push('cancelled'))()
  await wait(30)
  assert.deepEqual(runs, ['kept'])
  assert.ok(systemTimers.now() - before >= 5)
})
