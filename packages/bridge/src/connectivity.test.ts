import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connectivity } from './connectivity.ts'

test('an endpoint is inactive after 8 s of silence and active with the next packet', () => {
  const connectivity = new Connectivity(0)
  assert.equal(connectivity.observe(1000, 10), false)
  assert.equal(connectivity.observe(9000, 7999), false)
  assert.equal(connectivity.observe(9001, 8000), true)
  assert.equal(connectivity.isActive, false)
  assert.equal(connectivity.observe(10_000, 9000), false)
  assert.equal(connectivity.observe(11_000, 40), true)
  assert.equal(connectivity.isActive, true)
})

test('a newcomer has 15 s for its first packet', () => {
  const connectivity = new Connectivity(1000)
  assert.equal(connectivity.observe(15_999, -1), false)
  assert.equal(connectivity.observe(16_000, -1), true)
  assert.equal(connectivity.isActive, false)
})
