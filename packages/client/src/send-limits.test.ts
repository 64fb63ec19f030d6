import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sendLimits, type SendLimitsOptions } from './send-limits.ts'

const base: SendLimitsOptions = {
  videoType: 'camera',
  codec: 'vp8',
  encodingCount: 3,
  maxHeight: undefined,
  size: { width: 1280, height: 720 },
}
/** `scale@kbps` of each encoding, with its scalability mode; `-` for one that rests. */
const written = (change: Partial<SendLimitsOptions>): string =>
  sendLimits({ ...base, ...change })
    .map(({ isActive, scaleResolutionDownBy, maxBitrateBps, scalabilityMode = '' }) =>
      isActive ? `${Math.round(scaleResolutionDownBy * 100) / 100}@${maxBitrateBps / 1000}${scalabilityMode}` : '-',
    )
    .join(' ')

const cases: readonly [what: string, change: Partial<SendLimitsOptions>, expected: string][] = [
  ['nothing was said: all three', {}, '4@200 2@500 1@1500'],
  ['negative means no limit', { maxHeight: -1 }, '4@200 2@500 1@1500'],
  ['the bridge wants everything', { maxHeight: 2160 }, '4@200 2@500 1@1500'],
  ['nobody watches', { maxHeight: 0 }, '- - -'],
  ['thumbnails only', { maxHeight: 180 }, '4@200 - -'],
  ['even smaller thumbnails', { maxHeight: 90 }, '4@200 - -'],
  ['tiles', { maxHeight: 360 }, '4@200 2@500 -'],
  ['between two sizes', { maxHeight: 500 }, '4@200 2@500 -'],
  ['a full-HD camera', { size: { width: 1920, height: 1080 } }, '6@200 3@500 1@3000'],
  ['720 wanted of full HD', { size: { width: 1920, height: 1080 }, maxHeight: 720 }, '6@200 3@500 1.5@1500'],
  ['a 4K camera', { size: { width: 3840, height: 2160 } }, '12@200 6@500 1@6000'],
  ['a camera held upright', { size: { width: 720, height: 1280 } }, '4@200 2@500 1@1500'],
  ['a small camera has two', { size: { width: 640, height: 480 } }, '2@200 1@500 -'],
  ['a small camera where thumbnails are wanted', { size: { width: 640, height: 480 }, maxHeight: 180 }, '2.67@200 - -'],
  [
    'a small camera shrinks to what is wanted',
    { size: { width: 640, height: 480 }, maxHeight: 360 },
    '2@200 1.33@500 -',
  ],
  ['a tiny camera has one', { size: { width: 320, height: 180 } }, '1@200 - -'],
  ['a camera of unknown size is taken for 720 lines', { size: undefined }, '4@200 2@500 1@1500'],
  ['H264', { codec: 'h264' }, '4@400 2@800 1@2000'],
  ['VP9 is one stream with layers', { codec: 'vp9' }, '1@1440L3T3_KEY - -'],
  ['AV1, too', { codec: 'av1', encodingCount: 1 }, '1@1200L3T3_KEY'],
  ['VP9 where tiles are wanted', { codec: 'vp9', maxHeight: 360 }, '2@360L2T3_KEY - -'],
  ['VP9 of a small camera', { codec: 'vp9', size: { width: 640, height: 480 } }, '1@360L2T3_KEY - -'],
  ['VP9 shrinks to what is wanted', { codec: 'vp9', maxHeight: 180 }, '4@120L1T3 - -'],
  ['AV1 that nobody watches', { codec: 'av1', maxHeight: 0 }, '- - -'],
  ['without simulcast', { encodingCount: 1 }, '1@2250'],
  ['without simulcast, thumbnails wanted', { encodingCount: 1, maxHeight: 180 }, '4@300'],
  ['a screen keeps its size', { videoType: 'desktop', encodingCount: 1, maxHeight: 180 }, '1@2500'],
  ['a screen in VP9', { videoType: 'desktop', encodingCount: 1, codec: 'vp9' }, '1@2500L1T1'],
  ['a screen that nobody watches', { videoType: 'desktop', encodingCount: 1, maxHeight: 0 }, '-'],
]

for (const [what, change, expected] of cases) {
  test(`what is sent: ${what}`, () => assert.equal(written(change), expected))
}
