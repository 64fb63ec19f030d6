import assert from 'node:assert/strict'
import { test } from 'node:test'
import { medianInterval } from './bootstrap.ts'

test('rounds that agree leave no interval', () => {
  assert.deepEqual(medianInterval([0.3, 0.3, 0.3, 0.3]), { value: 0.3, low: 0.3, high: 0.3 })
})

test('the interval holds the median and lies within the rounds', () => {
  const { value, low, high } = medianInterval([0.2, 0.25, 0.3, 0.35, 0.9])
  assert.equal(value, 0.3)
  assert.ok(low >= 0.2 && low < value)
  assert.ok(high > value && high <= 0.9)
})

test('the same rounds give the same interval', () => {
  assert.deepEqual(medianInterval([1, 2, 3, 4]), medianInterval([1, 2, 3, 4]))
})

test('more rounds narrow it', () => {
  const few = medianInterval([1, 2, 3, 4, 5])
  const many = medianInterval(Array.from({ length: 60 }, (_, i) => 1 + (i % 5)))
  assert.ok(many.high - many.low < few.high - few.low)
})
