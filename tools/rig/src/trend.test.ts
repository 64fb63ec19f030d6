import assert from 'node:assert/strict'
import { test } from 'node:test'
import { slope } from './trend.ts'

test('a slope is the value per unit of time', () => {
  assert.equal(
    slope([
      [0, 1],
      [1, 3],
      [2, 5],
    ]),
    2,
  )
  assert.equal(
    slope([
      [0, 4],
      [5, 4],
    ]),
    0,
  )
})

test('noise around a line does not tilt it', () => {
  const points = Array.from({ length: 100 }, (_, i) => [i, 3 * i + (i % 2 === 0 ? 5 : -5)] as const)
  assert.ok(Math.abs(slope(points) - 3) < 0.05)
})

test('one point and none have no slope', () => {
  assert.equal(slope([]), 0)
  assert.equal(slope([[1, 9]]), 0)
})
