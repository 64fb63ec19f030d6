import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MediaSource, Participant } from '@parley/client'
import { hueOf, initialsOf } from './avatar.ts'
import { tilesOf } from './tile-state.ts'

function participant(id: string, change: Partial<Participant> = {}): [string, Participant] {
  const base = { role: 'participant', audioMuted: false, videoMuted: false, isSharingScreen: false } as const
  return [id, { id, isLocal: false, displayName: id, connectivity: 'active', ...base, ...change }]
}

function video(id: string, ownerId: string, change: Partial<MediaSource> = {}): [string, MediaSource] {
  const stream = { id } as MediaStream
  return [
    id,
    {
      id,
      ownerId,
      isLocal: false,
      kind: 'video',
      videoType: 'camera',
      stream,
      muted: false,
      isForwarded: true,
      ...change,
    },
  ]
}

test('each person has a tile, each shared screen another', () => {
  const tiles = tilesOf({
    participants: new Map([
      participant('me', { isLocal: true }),
      participant('ada'),
      participant('bob', { displayName: '' }),
    ]),
    sources: new Map([video('ada-v0', 'ada'), video('ada-v1', 'ada', { videoType: 'desktop' }), video('x-v0', 'x')]),
    dominantSpeakerId: 'ada',
  })
  assert.deepEqual(
    tiles.map(({ id, name, videoType, isActiveSpeaker, sourceId }) => [id, name, videoType, isActiveSpeaker, sourceId]),
    [
      ['me', 'me', 'camera', false, undefined],
      ['ada', 'ada', 'camera', true, 'ada-v0'],
      ['bob', 'Guest', 'camera', false, undefined],
      ['ada-v1', 'ada · screen', 'desktop', false, 'ada-v1'],
    ],
  )
})

test('a muted camera has no picture but keeps its source, so that it is asked for when it comes back', () => {
  const [tile] = tilesOf({
    participants: new Map([participant('ada', { videoMuted: true })]),
    sources: new Map([video('ada-v0', 'ada', { muted: true })]),
    dominantSpeakerId: undefined,
  })
  assert.equal(tile?.stream, undefined)
  assert.equal(tile?.videoMuted, true)
  assert.equal(tile?.sourceId, 'ada-v0')
})

test('a screen that is muted is not shown, and a muted speaker is not outlined', () => {
  const tiles = tilesOf({
    participants: new Map([participant('ada', { audioMuted: true })]),
    sources: new Map([video('ada-v1', 'ada', { videoType: 'desktop', muted: true })]),
    dominantSpeakerId: 'ada',
  })
  assert.equal(tiles.length, 1)
  assert.equal(tiles[0]?.isActiveSpeaker, false)
})

test('initials and hues', () => {
  assert.equal(initialsOf('Ada Lovelace'), 'AL')
  assert.equal(initialsOf('ada'), 'A')
  assert.equal(initialsOf('Jean-Luc de la Tour'), 'JT')
  assert.equal(initialsOf('李 小龙'), '李小')
  assert.equal(initialsOf('…'), '?')
  assert.equal(hueOf('a1b2c3d4'), hueOf('a1b2c3d4'))
  assert.notEqual(hueOf('a1b2c3d4'), hueOf('a1b2c3d5'))
})
