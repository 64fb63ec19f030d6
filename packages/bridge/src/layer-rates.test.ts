import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceId } from '@parley/media-engine'
import { LayerRates } from './layer-rates.ts'

const source = 7 as SourceId
const at = (...rates: readonly number[]) => rates.map((bitrateBps, encoding) => ({ source, encoding, bitrateBps }))

test('a rate is smoothed, but its beginning and its end are taken as they are', () => {
  const rates = new LayerRates()
  assert.deepEqual(rates.of(source), [])
  rates.observe(at(200_000, 0))
  assert.deepEqual(rates.of(source), [200_000, 0])
  rates.observe(at(300_000, 500_000))
  assert.deepEqual(rates.of(source), [230_000, 500_000])
  rates.observe(at(300_000, 0))
  assert.equal(rates.of(source)[1], 0)
})

test('sources that are not named any more are forgotten', () => {
  const rates = new LayerRates()
  rates.observe(at(200_000))
  rates.observe([])
  assert.deepEqual(rates.of(source), [])
})
