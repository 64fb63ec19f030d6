import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { CapsCache, capsString, feature, usableFeatures } from './features.ts'
import { acceptedMedia, offeredMedia } from './offer.ts'
import { Budget } from './budget.ts'

const sha1 = (text: string) => createHash('sha1').update(text).digest('base64')

test('features are remembered under their own hash only', () => {
  const cache = new CapsCache(sha1)
  const features = new Set(['b', 'a'])
  assert.equal(capsString(features), 'a<b<')
  const ver = sha1('a<b<')
  assert.equal(cache.put({ node: 'n', ver: 'forged' }, features), false)
  assert.equal(cache.get({ node: 'n', ver: 'forged' }), undefined)
  assert.equal(cache.put({ node: 'n', ver }, features), true)
  assert.deepEqual(cache.get({ node: 'other client', ver }), features)
})

test('the list used longest ago makes room', () => {
  const cache = new CapsCache((text) => text, 2)
  for (const name of ['a', 'b']) cache.put({ node: 'n', ver: `${name}<` }, new Set([name]))
  cache.get({ node: 'n', ver: 'a<' })
  cache.put({ node: 'n', ver: 'c<' }, new Set(['c']))
  assert.deepEqual(
    ['a<', 'b<', 'c<'].map((ver) => cache.get({ node: 'n', ver }) !== undefined),
    [true, false, true],
  )
})

test('a client that names no media is offered both', () => {
  assert.ok(usableFeatures(new Set()).has(feature.video))
  assert.ok(!usableFeatures(new Set([feature.audio])).has(feature.video))
})

test('of an answer counts what was offered', () => {
  const offered = offeredMedia(new Set([feature.audio, feature.video, feature.rtx, feature.tcc]))
  const [audio, video] = offered
  const stranger = { id: 35, name: 'H264', clockRateHz: 90_000, parameters: {}, feedback: [] }
  const answered = [
    {
      kind: 'video' as const,
      payloadTypes: [stranger, ...(video?.payloadTypes.slice(0, 1) ?? [])],
      headerExtensions: [{ id: 7, uri: 'urn:unknown' }, ...(video?.headerExtensions.slice(1) ?? [])],
    },
  ]
  const accepted = acceptedMedia(offered, answered)
  assert.equal(audio?.kind, 'audio')
  assert.deepEqual(
    accepted.map((m) => [m.kind, m.payloadTypes.map((p) => p.id), m.headerExtensions.map((e) => e.id)]),
    [['video', [100], [3, 5]]],
  )
})

test('a restart budget forgets after a minute', () => {
  const budget = new Budget()
  assert.deepEqual(
    [0, 4_999, 5_000, 10_000, 15_000, 20_000, 25_000, 59_999, 60_000].map((now) => budget.take(now)),
    [true, false, true, true, true, true, false, false, true],
  )
})
