import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el, NS, parseXml, type SourceState, textOf } from '@parley/protocol'
import { decodeLegacyMute, encodeLegacyMute } from './legacy-mute.ts'

test('reads what a client of 2022 says of itself', () => {
  const presence =
    '<presence><audiomuted>false</audiomuted><videomuted>true</videomuted><videoType>desktop</videoType></presence>'
  assert.deepEqual(Object.fromEntries(decodeLegacyMute(parseXml(presence), 'ada')), {
    'ada-a0': { muted: false },
    'ada-v0': { muted: true, videoType: 'desktop' },
  })
  assert.deepEqual(decodeLegacyMute(parseXml('<presence/>'), 'ada').get('ada-a0'), { muted: true })
})

test('tells it of the screen while we share one', () => {
  const camera: [string, SourceState] = ['me-v0', { muted: true, videoType: 'camera' }]
  const screen: [string, SourceState] = ['me-v1', { muted: false, videoType: 'desktop' }]
  const words = (...sources: [string, SourceState][]) => encodeLegacyMute(new Map(sources)).map(textOf)
  assert.deepEqual(words(['me-a0', { muted: false }], camera), ['false', 'true', 'camera'])
  assert.deepEqual(words(['me-a0', { muted: true }], camera, screen), ['true', 'false', 'desktop'])
  // they belong to the client's own namespace, where such clients look for them
  assert.deepEqual(encodeLegacyMute(new Map())[0], el('audiomuted', NS.client, {}, 'true'))
})
