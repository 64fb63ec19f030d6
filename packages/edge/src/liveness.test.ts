import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Liveness } from './liveness.ts'

test('a peer that answers every ping lives for ever', () => {
  const liveness = new Liveness(2)
  for (let i = 0; i < 10; i++) {
    assert.equal(liveness.tick(), 'ping')
    liveness.heard()
  }
})

test('two pings without a sign of life are the end, one is not', () => {
  const liveness = new Liveness(2)
  assert.deepEqual([liveness.tick(), liveness.tick()], ['ping', 'ping'])
  liveness.heard()
  assert.deepEqual([liveness.tick(), liveness.tick(), liveness.tick()], ['ping', 'ping', 'dead'])
})
