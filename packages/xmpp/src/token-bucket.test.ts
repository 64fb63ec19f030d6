import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenBucket } from './token-bucket.ts'

test('a burst, then the steady rate', () => {
  const bucket = new TokenBucket(1000, { perSecond: 10, burst: 5 })
  for (let i = 0; i < 5; i++) assert.ok(bucket.take(1000, 1))
  assert.ok(!bucket.take(1000, 1))
  assert.ok(!bucket.take(1099, 1))
  assert.ok(bucket.take(1100, 1))
  assert.ok(!bucket.take(1100, 1))
  assert.ok(bucket.take(1300, 2))
})

test('no more is saved up than the burst, and time running backwards gives nothing', () => {
  const bucket = new TokenBucket(0, { perSecond: 10, burst: 5 })
  assert.ok(!bucket.take(1_000_000, 6))
  assert.ok(bucket.take(1_000_000, 5))
  assert.ok(!bucket.take(0, 1))
})
