import assert from 'node:assert/strict'
import { test } from 'node:test'
import { feature } from './features.ts'
import { offeredMedia } from './offer.ts'

const everything = [feature.audio, feature.video, feature.rtx, feature.tcc]
const offer = (kind: 'audio' | 'video', features: readonly string[] = everything) => {
  const media = offeredMedia(new Set(features)).find((description) => description.kind === kind)
  assert.ok(media)
  return media
}

test('every video codec has a retransmission format of its own, under ids that nothing else has', () => {
  const { payloadTypes } = offer('video')
  const codecs = payloadTypes.filter(({ name }) => name !== 'rtx')
  const repaired = payloadTypes.filter(({ name }) => name === 'rtx').map(({ parameters }) => Number(parameters['apt']))
  assert.deepEqual(
    codecs.map(({ id, name }) => [name, id]),
    [
      ['VP8', 100],
      ['AV1', 41],
      ['H264', 107],
      ['VP9', 101],
    ],
  )
  assert.deepEqual(
    repaired,
    codecs.map(({ id }) => id),
  )
  const ids = [...payloadTypes, ...offer('audio', [...everything, feature.opusRed]).payloadTypes].map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
})

test('without the feature there is no retransmission', () => {
  const { payloadTypes } = offer('video', [feature.video, feature.tcc])
  assert.ok(payloadTypes.every(({ name }) => name !== 'rtx'))
})

test('feedback follows the congestion control that the client has', () => {
  const types = (features: readonly string[]) =>
    offer('video', features).payloadTypes[0]?.feedback.map(({ type }) => type)
  assert.deepEqual(types(everything), ['ccm', 'nack', 'nack', 'transport-cc'])
  assert.deepEqual(types([feature.video]), ['ccm', 'nack', 'nack', 'goog-remb'])
})

test('redundant sound comes first, and instead of error correction, for who can do it', () => {
  const [opus, ...none] = offer('audio').payloadTypes
  assert.deepEqual([opus?.name, opus?.parameters, none.length], ['opus', { minptime: '10', useinbandfec: '1' }, 0])
  const [red, plain] = offer('audio', [...everything, feature.opusRed]).payloadTypes
  assert.deepEqual([red?.id, red?.name, red?.channels, red?.parameters], [112, 'red', 2, { '': '111/111' }])
  assert.deepEqual([plain?.id, plain?.parameters], [111, { minptime: '10' }])
})
