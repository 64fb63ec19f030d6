import assert from 'node:assert/strict'
import { test } from 'node:test'
import { longestGapMs, meanRate, returnedAfterMs } from './picture-figures.ts'
import type { PictureSample } from './picture-watch.ts'

/** Samples every 200 ms with these numbers of frames. */
function samples(...frames: readonly number[]): PictureSample[] {
  const rest = { height: 180, bytes: 0, packetsLost: 0, keyFrameRequests: 0, freezes: 0, freezeMs: 0, audioPackets: 0 }
  return frames.map((count, index) => ({ atMs: index * 200, frames: count, ...rest, connection: 'connected' }))
}

test('a gap is the time between samples with frames, also at the ends', () => {
  assert.equal(longestGapMs(samples(4, 4, 4)), 200)
  assert.equal(longestGapMs(samples(4, 0, 0, 4)), 600)
  assert.equal(longestGapMs(samples(4, 4, 0, 0, 0, 0)), 800)
  assert.equal(longestGapMs(samples(0, 0, 0, 4)), 600)
  assert.equal(longestGapMs([]), Number.POSITIVE_INFINITY)
})

test('the mean rate counts frames between the first and the last sample', () => {
  assert.equal(meanRate(samples(9, 4, 4, 4, 4, 4)), 20)
  assert.equal(meanRate(samples(9)), 0)
})

test('a picture is back when it moves at the wanted rate and does not stop again', () => {
  const second = [4, 4, 4, 4, 4]
  assert.equal(returnedAfterMs(samples(0, 0, ...second, ...second), 10), 400)
  const pause = (count: number): number[] => Array<number>(count).fill(0)
  assert.equal(returnedAfterMs(samples(...second, 4, ...pause(11), ...second, 4), 10), 17 * 200)
  assert.equal(returnedAfterMs(samples(...second, 4, ...pause(6), ...second, 4), 10), 0)
  assert.equal(returnedAfterMs(samples(0, 0, 0, 0, 0, 0, 0, 0), 10), undefined)
  // too slow
  assert.equal(returnedAfterMs(samples(1, 0, 1, 0, 1, 0, 1, 0, 1), 10), undefined)
})
