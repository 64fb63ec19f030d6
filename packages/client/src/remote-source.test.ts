import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatherSources } from './remote-source.ts'

test('SSRCs of one name are one source, the primary first however they are listed', () => {
  const camera = { name: 'ada-v0', msid: 's t' }
  const sources = gatherSources(
    new Map([
      [
        'ada',
        {
          audio: [{ ssrc: 3, name: 'ada-a0', msid: 's2 t2' }],
          video: [
            { ...camera, ssrc: 2 },
            { ...camera, ssrc: 1, videoType: 'desktop' as const },
          ],
          groups: [
            { semantics: 'FID' as const, ssrcs: [1, 2] },
            { semantics: 'SIM' as const, ssrcs: [1, 9] },
          ],
        },
      ],
    ]),
  )
  assert.deepEqual(sources, [
    { name: 'ada-a0', ownerId: 'ada', kind: 'audio', ssrcs: [3], groups: [] },
    {
      name: 'ada-v0',
      ownerId: 'ada',
      kind: 'video',
      videoType: 'desktop',
      ssrcs: [1, 2],
      groups: [{ semantics: 'FID', ssrcs: [1, 2] }],
    },
  ])
})

test('sources without names are told apart, repair streams stay with what they repair', () => {
  const bare = (ssrc: number) => ({ ssrc, name: '', msid: '' })
  const video = [bare(1), bare(2), bare(5)]
  const sources = gatherSources(
    new Map([['bob', { audio: [], video, groups: [{ semantics: 'FID' as const, ssrcs: [1, 2] }] }]]),
  )
  assert.deepEqual(
    sources.map(({ name, ssrcs }) => [name, ssrcs]),
    [
      ['bob-1', [1, 2]],
      ['bob-5', [5]],
    ],
  )
})
