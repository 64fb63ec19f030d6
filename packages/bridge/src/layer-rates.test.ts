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
/** What `observe` reads. */
const sampleOf = (stats: readonly LayerStats[]) => ({
  forEachLayer: (visit: (layer: LayerStats) => void) => stats.forEach((layer) => visit(layer)),
})
const rates = (measured: LayerRates) => measured.of(source).map(({ bitrateBps }) => bitrateBps)

test('a rate is smoothed, but its beginning and its end are taken as they are', () => {
  const measured = new LayerRates()
  assert.deepEqual(rates(measured), [])
  measured.observe(sampleOf(at(200_000, 0)))
  assert.deepEqual(rates(measured), [200_000, 0])
  measured.observe(sampleOf(at(200_000, 0)))
  measured.observe(sampleOf(at(300_000, 500_000)))
  assert.deepEqual(rates(measured), [230_000, 500_000])
  measured.observe(sampleOf(at(300_000, 0)))
  assert.equal(rates(measured)[1], 0)
})

test('sources that are not named any more are forgotten', () => {
  const measured = new LayerRates()
  measured.observe(sampleOf(at(200_000)))
  measured.observe(sampleOf([]))
  assert.deepEqual(rates(measured), [])
})

test('a layer that begins, ends or changes its size is told; another rate is not', () => {
  const measured = new LayerRates()
  const changes = (stats: readonly LayerStats[]) => [...measured.observe(sampleOf(stats))].length
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
  measured.observe(sampleOf(svc))
  assert.deepEqual(rates(measured), [0, 1000, 2000, 3000, 4000, 5000])
})

test('the first reading is of a part of a second: the second one takes its place', () => {
  const measured = new LayerRates()
  for (const bitrateBps of [2_000_000, 500_000]) measured.observe(sampleOf(at(bitrateBps)))
  assert.deepEqual(rates(measured), [500_000])
  measured.observe(sampleOf(at(600_000)))
  assert.deepEqual(rates(measured), [530_000])
  for (const bitrateBps of [0, 100_000, 400_000]) measured.observe(sampleOf(at(bitrateBps)))
  assert.deepEqual(rates(measured), [400_000], 'also after a rest')
})

test('layers that begin and go between others keep their rates', () => {
  const measured = new LayerRates()
  const [low, middle, high] = at(200_000, 500_000, 1_500_000) as [LayerStats, LayerStats, LayerStats]
  measured.observe(sampleOf([low, high]))
  measured.observe(sampleOf([low, middle, high]))
  assert.deepEqual(rates(measured), [200_000, 500_000, 1_500_000])
  measured.observe(sampleOf([high]))
  assert.deepEqual(rates(measured), [1_500_000])
  assert.equal(measured.of(source)[0]?.encoding, 2)
})

test('rows may be one object that moves, and sources are told apart', () => {
  const measured = new LayerRates()
  const other = 8 as SourceId
  const row = { ...(at(0)[0] as LayerStats) } as { -readonly [Name in keyof LayerStats]: LayerStats[Name] }
  const forEachLayer = (visit: (layer: LayerStats) => void) => {
    for (const [id, encoding] of [
      [source, 0],
      [source, 1],
      [other, 0],
    ] as const) {
      Object.assign(row, { source: id, encoding, active: true, bitrateBps: 1000 * (encoding + 1) })
      visit(row)
    }
  }
  assert.deepEqual([...measured.observe({ forEachLayer })], [source, other])
  assert.deepEqual([...measured.observe({ forEachLayer })], [])
  assert.deepEqual(rates(measured), [1000, 2000])
  assert.deepEqual(
    measured.of(other).map(({ encoding }) => encoding),
    [0],
  )
})
