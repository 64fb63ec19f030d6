import assert from 'node:assert/strict'
import { test } from 'node:test'
import { levelOf } from './audio-level.ts'

const sine = (amplitude: number) => Float32Array.from({ length: 1024 }, (_, i) => amplitude * Math.sin(i / 5))

test('silence is empty, full scale is full', () => {
  assert.equal(levelOf(new Float32Array(1024)), 0)
  assert.equal(levelOf(new Float32Array(0)), 0)
  assert.equal(levelOf(sine(1)), 1)
})

test('the level rises with the amplitude on a decibel scale', () => {
  const levels = [0.002, 0.01, 0.05, 0.25].map((amplitude) => levelOf(sine(amplitude)))
  assert.deepEqual(
    levels,
    levels.toSorted((a, b) => a - b),
  )
  // −20 dB steps move the meter by equal parts.
  assert.ok(Math.abs(levelOf(sine(0.1)) - levelOf(sine(0.01)) - 20 / 54) < 0.01)
})
