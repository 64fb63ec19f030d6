import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EffectiveHeight } from './allocation.ts'
import { demandBps, isOtherDemand } from './demand.ts'
import { sourceLayers } from './layers.ts'

const camera = (name: string, maxHeight: number): EffectiveHeight => ({
  source: { name, videoType: 'camera', encodingCount: 3 },
  maxHeight,
  maxFrameRate: -1,
  isOnStage: false,
})

test('a receiver could use the best layer of each source within its size, and all audio', () => {
  const wanted = [camera('a-v0', 720), camera('b-v0', 180), camera('c-v0', 0)]
  assert.equal(demandBps(wanted, sourceLayers, 3), 1_500_000 + 200_000 + 150_000)
  assert.equal(demandBps([], sourceLayers, 0), 0)
})

test('small changes are not worth telling', () => {
  assert.equal(isOtherDemand(0, undefined), true)
  assert.equal(isOtherDemand(1_050_000, 1_000_000), false)
  assert.equal(isOtherDemand(1_150_000, 1_000_000), true)
  assert.equal(isOtherDemand(0, 1_000_000), true)
  assert.equal(isOtherDemand(50_000, 0), true)
})
