import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceSet, SsrcDescription } from '@parley/protocol'
import { diffSources, planSources } from './source-plan.ts'

const ssrc = (value: number, name: string): SsrcDescription => ({ ssrc: value, name, msid: `${name} track` })
const set = (fields: Partial<SourceSet>): SourceSet => ({ audio: [], video: [], groups: [], ...fields })
const FID = (...ssrcs: number[]) => ({ semantics: 'FID' as const, ssrcs })
const SIM = (...ssrcs: number[]) => ({ semantics: 'SIM' as const, ssrcs })

test('a microphone is one encoding', () => {
  assert.deepEqual(planSources(set({ audio: [ssrc(1, 'x-a0')] })), [
    { name: 'x-a0', kind: 'audio', encodings: [{ ssrc: 1 }], videoType: 'camera' },
  ])
})

test('the simulcast group orders the encodings, whatever the order of the SSRCs', () => {
  const video = [32, 30, 42, 31, 40, 41].map((value) => ssrc(value, 'x-v0'))
  const groups = [FID(31, 41), SIM(30, 31, 32), FID(30, 40), FID(32, 42)]
  assert.deepEqual(planSources(set({ video, groups }))[0]?.encodings, [
    { ssrc: 30, rtxSsrc: 40 },
    { ssrc: 31, rtxSsrc: 41 },
    { ssrc: 32, rtxSsrc: 42 },
  ])
})

test('camera and screen are two sources', () => {
  const video = [ssrc(1, 'x-v0'), ssrc(2, 'x-v0'), { ...ssrc(3, 'x-v1'), videoType: 'desktop' as const }]
  const plans = planSources(set({ video, groups: [FID(1, 2)] }))
  assert.deepEqual(
    plans.map(({ name, encodings, videoType }) => ({ name, encodings, videoType })),
    [
      { name: 'x-v0', encodings: [{ ssrc: 1, rtxSsrc: 2 }], videoType: 'camera' },
      { name: 'x-v1', encodings: [{ ssrc: 3 }], videoType: 'desktop' },
    ],
  )
})

test('sets that make no sense are refused', () => {
  const cases: [SourceSet, RegExp][] = [
    [set({ audio: [ssrc(0, 'x-a0')] }), /SSRC 0/],
    [set({ audio: [ssrc(2 ** 32, 'x-a0')] }), /4294967296/],
    [set({ audio: [ssrc(1, 'x-a0'), ssrc(1, 'x-a0')] }), /twice/],
    [set({ audio: [ssrc(1, '')] }), /no source name/],
    [set({ audio: [ssrc(1, 'x')], video: [ssrc(2, 'x')] }), /both audio and video/],
    [set({ video: [ssrc(1, 'x-v0')], groups: [FID(1, 2)] }), /not of SSRCs of one source/],
    [set({ video: [ssrc(1, 'x-v0'), ssrc(2, 'x-v1')], groups: [FID(1, 2)] }), /not of SSRCs of one source/],
    [set({ video: [ssrc(1, 'x-v0')], groups: [FID(1, 1)] }), /not of SSRCs of one source/],
    [set({ video: [ssrc(1, 'x-v0')], groups: [FID(1)] }), /has 1 SSRCs/],
    [set({ video: [ssrc(1, 'x-v0'), ssrc(2, 'x-v0')], groups: [FID(1, 2), FID(2, 1)] }), /only retransmission/],
    [set({ video: [ssrc(1, 'x-v0')], groups: [SIM()] }), /not of SSRCs of one source/],
    [set({ audio: Array.from({ length: 65 }, (_, i) => ssrc(i + 1, `x-a${i}`)) }), /at most 64/],
  ]
  for (const [sources, message] of cases) assert.throws(() => planSources(sources), { code: 'PARLEY_BRIDGE', message })
})

test('what changed between two sets', () => {
  const before = planSources(set({ audio: [ssrc(1, 'x-a0')], video: [ssrc(2, 'x-v0'), ssrc(3, 'x-v1')] }))
  const screen = { ...ssrc(3, 'x-v1'), videoType: 'desktop' as const }
  const after = planSources(set({ audio: [ssrc(1, 'x-a0'), ssrc(5, 'x-a1')], video: [ssrc(4, 'x-v0'), screen] }))
  const { removed, added, retyped } = diffSources(before, after)
  const names = (plans: typeof removed) => plans.map((plan) => `${plan.name}/${plan.encodings[0]?.ssrc}`)
  assert.deepEqual(names(removed), ['x-v0/2'])
  assert.deepEqual(names(added), ['x-a1/5', 'x-v0/4'])
  assert.deepEqual(names(retyped), ['x-v1/3'])
  assert.deepEqual(diffSources(after, after), { removed: [], added: [], retyped: [] })
})
