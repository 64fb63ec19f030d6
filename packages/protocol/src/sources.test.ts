import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceSet } from './media.ts'
import { formatSourceName, parseSourceName } from './source-names.ts'
import {
  intersectSources,
  isEmptySourceSet,
  mergeSources,
  ssrcsOf,
  stripSimulcast,
  subtractSources,
} from './sources.ts'

const video = (...ssrcs: number[]) => ssrcs.map((ssrc) => ({ ssrc, name: 'aaaaaaaa-v0', msid: 's t' }))

const simulcast: SourceSet = {
  audio: [{ ssrc: 1, name: 'aaaaaaaa-a0', msid: 'a t' }],
  video: video(10, 11, 12, 20, 21, 22),
  groups: [
    { semantics: 'SIM', ssrcs: [10, 11, 12] },
    { semantics: 'FID', ssrcs: [10, 20] },
    { semantics: 'FID', ssrcs: [11, 21] },
    { semantics: 'FID', ssrcs: [12, 22] },
  ],
}

test('receivers see the primary of a simulcast group and its RTX', () => {
  assert.deepEqual(stripSimulcast(simulcast), {
    audio: simulcast.audio,
    video: video(10, 20),
    groups: [{ semantics: 'FID', ssrcs: [10, 20] }],
  })
})

test('a set without simulcast is left as it is', () => {
  const plain: SourceSet = { audio: [], video: video(5, 6), groups: [{ semantics: 'FID', ssrcs: [5, 6] }] }
  assert.deepEqual(stripSimulcast(plain), plain)
})

test('sets are added and taken apart', () => {
  const screen: SourceSet = { audio: [], video: video(30, 31), groups: [{ semantics: 'FID', ssrcs: [30, 31] }] }
  const both = mergeSources(simulcast, screen)
  assert.deepEqual(ssrcsOf(both), [1, 10, 11, 12, 20, 21, 22, 30, 31])
  assert.deepEqual(mergeSources(both, screen), both)
  assert.deepEqual(subtractSources(both, screen), simulcast)
  assert.deepEqual(intersectSources(both, new Set([30, 31])), screen)
  assert.ok(isEmptySourceSet(subtractSources(screen, screen)))
})

test('source names are read and written', () => {
  assert.deepEqual(parseSourceName('aaaa-bbbb-v1'), { endpointId: 'aaaa-bbbb', kind: 'video', index: 1 })
  assert.equal(formatSourceName({ endpointId: 'jvb', kind: 'audio', index: 0 }), 'jvb-a0')
  for (const bad of ['', 'aaaa', 'aaaa-x0', '-a0', 'aaaa-a', `${'a'.repeat(130)}-a0`]) {
    assert.equal(parseSourceName(bad), undefined, bad)
  }
})
