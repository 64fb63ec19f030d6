import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LayerStats, SourceId } from '@parley/media-engine'
import { LayerRates } from './layer-rates.ts'

const source = 7 as SourceId
const at = (...rates: readonly number[]): LayerStats[] =>
  rates.map((bitrateBps, encoding) => {
    const size = { width: 320 << encoding, height: 180 << encoding }
    return {
      source,
      encoding,
      spatial: 0,
      temporal: 0,
      framesPerSecond: 30,
      bitrateBps,
      active: bitrateBps > 0,
      ...size,
    }
  })
const rates = (measured: LayerRates) => measured.of(source).map(({ bitrateBps }) => bitrateBps)

test('a rate is smoothed, but its beginning and its end are taken as they are', () => {
  const measured = new LayerRates()
  assert.deepEqual(rates(measured), [])
  measured.observe(at(200_000, 0))
  assert.deepEqual(rates(measured), [200_000, 0])
  measured.observe(at(200_000, 0))
  measured.observe(at(300_000, 500_000))
  assert.deepEqual(rates(measured), [230_000, 500_000])
  measured.observe(at(300_000, 0))
  assert.equal(rates(measured)[1], 0)
})

test('sources that are not named any more are forgotten', () => {
  const measured = new LayerRates()
  measured.observe(at(200_000))
  measured.observe([])
  assert.deepEqual(rates(measured), [])
})

test('a layer that begins, ends or changes its size is told; another rate is not', () => {
  const measured = new LayerRates()
  const changes = (stats: readonly LayerStats[]) => [...measured.observe(stats)].length
  assert.equal(changes(at(200_000)), 1)
  assert.equal(changes(at(300_000)), 0)
  assert.equal(changes(at(300_000, 500_000)), 1)
  assert.equal(changes(at(300_000, 0)), 1)
  assert.equal(changes(at(300_000).map((layer) => ({ ...layer, height: 90 }))), 1)
  assert.equal(changes([]), 1)
})

test('layers of one encoding are told apart', () => {
  const measured = new LayerRates()
  const svc = [0, 1, 2].flatMap((spatial) =>
    [0, 1].map((temporal) => ({
      ...(at(1)[0] as LayerStats),
      spatial,
      temporal,
      bitrateBps: 1000 * (2 * spatial + temporal),
    })),
  )
  measured.observe(svc)
  assert.deepEqual(rates(measured), [0, 1000, 2000, 3000, 4000, 5000])
})

test('the first reading is of a part of a second: the second one takes its place', () => {
  const measured = new LayerRates()
  for (const bitrateBps of [2_000_000, 500_000]) measured.observe(at(bitrateBps))
  assert.deepEqual(rates(measured), [500_000])
  measured.observe(at(600_000))
  assert.deepEqual(rates(measured), [530_000])
  for (const bitrateBps of [0, 100_000, 400_000]) measured.observe(at(bitrateBps))
  assert.deepEqual(rates(measured), [400_000], 'also after a rest')
})
