import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LatencyHistogram } from './load.ts'

/** The bucket that the engine puts a value into (`native/engine/load_sink.h`). */
function bucketOf(micros: number): number {
  if (micros < 16) return micros
  let shift = 0
  while (micros >> shift >= 32) shift++
  return (shift + 1) * 16 + ((micros >> shift) - 16)
}

function histogramOf(values: readonly number[]): LatencyHistogram {
  const counts = new Uint32Array(400)
  for (const value of values) counts[bucketOf(value)] = (counts[bucketOf(value)] ?? 0) + 1
  return new LatencyHistogram(counts)
}

test('quantiles are upper bounds within a sixteenth of the value', () => {
  for (const value of [0, 1, 15, 16, 17, 31, 32, 100, 999, 12_345, 1_000_000]) {
    const bound = histogramOf([value]).quantileUs(0.5)
    assert.ok(bound >= value && bound <= Math.max(value * (1 + 1 / 16) + 1, value), `${value} in ${bound}`)
  }
})

test('quantiles count from the smallest', () => {
  const histogram = histogramOf(Array.from({ length: 100 }, (_, i) => (i < 90 ? 5 : 10)))
  assert.equal(histogram.quantileUs(0.5), 5)
  assert.equal(histogram.quantileUs(0.9), 5)
  assert.equal(histogram.quantileUs(0.91), 10)
  assert.equal(histogram.quantileUs(1), 10)
})

test('histograms add up; an empty one answers zero', () => {
  const sum = new LatencyHistogram()
  assert.equal(sum.quantileUs(0.99), 0)
  sum.add(histogramOf([3, 3]))
  sum.add(histogramOf([7]))
  assert.equal(sum.count, 3)
  assert.equal(sum.quantileUs(1), 7)
})
