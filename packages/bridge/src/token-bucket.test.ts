import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenBucket } from './token-bucket.ts'

test('a burst up to the capacity, then the rate, and never more than the capacity', () => {
  const bucket = new TokenBucket(0, { capacity: 3, perSecond: 2 })
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take(0)),
    [true, true, true, false],
  )
  assert.deepEqual([bucket.take(499), bucket.take(500), bucket.take(501)], [false, true, false])
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take(60_000)),
    [true, true, true, false],
  )
})

test('a cost that is too high takes nothing', () => {
  const bucket = new TokenBucket(0, { capacity: 3, perSecond: 0 })
  assert.equal(bucket.take(0, 4), false)
  assert.equal(bucket.take(0, 3), true)
})
