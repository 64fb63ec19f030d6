import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sendLimits } from './send-limits.ts'

const cases = [
  ['camera', undefined, 720, { isActive: true, scaleResolutionDownBy: 1, maxBitrateBps: 2_500_000 }],
  ['camera', -1, 1080, { isActive: true, scaleResolutionDownBy: 1, maxBitrateBps: 4_000_000 }],
  ['camera', 0, 720, { isActive: false, scaleResolutionDownBy: 1, maxBitrateBps: 2_500_000 }],
  ['camera', 180, 720, { isActive: true, scaleResolutionDownBy: 4, maxBitrateBps: 300_000 }],
  ['camera', 360, 720, { isActive: true, scaleResolutionDownBy: 2, maxBitrateBps: 800_000 }],
  ['camera', 2160, 720, { isActive: true, scaleResolutionDownBy: 1, maxBitrateBps: 2_500_000 }],
  ['camera', 180, undefined, { isActive: true, scaleResolutionDownBy: 1, maxBitrateBps: 2_500_000 }],
  ['desktop', 180, 1440, { isActive: true, scaleResolutionDownBy: 1, maxBitrateBps: 2_500_000 }],
  ['desktop', 0, 1440, { isActive: false, scaleResolutionDownBy: 1, maxBitrateBps: 2_500_000 }],
] as const

for (const [videoType, maxHeight, height, expected] of cases) {
  test(`${videoType} of ${height ?? 'unknown'} px, at most ${maxHeight ?? 'anything'} wanted`, () => {
    assert.deepEqual(sendLimits(videoType, maxHeight, height), expected)
  })
}
