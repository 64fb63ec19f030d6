import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MediaDescription } from '@parley/protocol'
import { offeredMedia } from '../test/meeting.ts'
import { rtpParameters } from './rtp-parameters.ts'

test('codecs of both kinds, retransmission bound to what it repairs, ids of known extensions', () => {
  assert.deepEqual(rtpParameters(offeredMedia), {
    codecs: [
      { payloadType: 111, kind: 'audio', name: 'opus', clockRateHz: 48000 },
      { payloadType: 100, kind: 'video', name: 'vp8', clockRateHz: 90000 },
      { payloadType: 96, kind: 'video', name: 'rtx', clockRateHz: 90000, associatedPayloadType: 100 },
    ],
    audioLevelExtensionId: 1,
    transportCcExtensionId: 5,
    absSendTimeExtensionId: 3,
  })
})

test('a repair type that is not a number is left out', () => {
  const media: MediaDescription = {
    kind: 'video',
    payloadTypes: [{ id: 96, name: 'rtx', clockRateHz: 90000, parameters: { apt: 'vp8' }, feedback: [] }],
    headerExtensions: [],
  }
  assert.equal(rtpParameters([media]).codecs[0]?.associatedPayloadType, undefined)
})
