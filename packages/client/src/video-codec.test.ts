import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseCodec, parseCodecs, type VideoCodec } from './video-codec.ts'

const all: readonly VideoCodec[] = ['vp8', 'vp9', 'h264', 'av1']
const cases: readonly [
  preference: readonly VideoCodec[],
  own: readonly VideoCodec[],
  others: readonly (readonly VideoCodec[])[],
  expected: VideoCodec,
][] = [
  [['av1', 'vp9', 'vp8'], all, [], 'av1'],
  [['av1', 'vp9', 'vp8'], all, [all, ['vp8', 'vp9']], 'vp9'],
  [['av1', 'vp9', 'vp8'], all, [all, []], 'vp8'],
  [['av1', 'vp9', 'vp8'], ['vp8', 'h264'], [all], 'vp8'],
  [['av1'], all, [['vp9']], 'vp8'],
  [[], all, [all], 'vp8'],
  [['h264', 'vp8'], all, [['vp8', 'h264'], all], 'h264'],
]

for (const [preference, own, others, expected] of cases) {
  test(`of ${preference.join()} with ${own.join()} among ${JSON.stringify(others)}: ${expected}`, () =>
    assert.equal(chooseCodec(preference, own, others), expected))
}

test('lists are read in any spelling, without what is unknown', () => {
  assert.deepEqual(parseCodecs([' VP8', 'h265', 'Av1', 'vp8', '']), ['vp8', 'av1'])
})
