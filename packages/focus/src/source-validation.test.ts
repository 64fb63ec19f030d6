import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptySourceSet, JingleError, type SourceSet, type SsrcGroup } from '@parley/protocol'
import { addSources, maxSsrcsPerMember, namedForRemoval } from './source-validation.ts'

const video = (ssrc: number, msid = 's t', name = 'a1-v0') => ({ ssrc, name, msid })
const withGroups = (...groups: SsrcGroup[]): SourceSet => ({ audio: [], video: [video(1), video(2), video(3)], groups })
const claims = (own: SourceSet = emptySourceSet, ...others: SourceSet[]) => ({ endpointId: 'a1', own, others })
const refused = (pattern: RegExp) => (error: unknown) =>
  error instanceof JingleError && error.reason === 'bad-request' && pattern.test(error.message)

test('groups have to be whole', () => {
  const good = withGroups({ semantics: 'SIM', ssrcs: [1, 2] }, { semantics: 'FID', ssrcs: [1, 3] })
  assert.deepEqual(addSources(claims(), good), good)
  const cases: [SsrcGroup, RegExp][] = [
    [{ semantics: 'FID', ssrcs: [1] }, /2 SSRCs/],
    [{ semantics: 'FID', ssrcs: [1, 2, 3] }, /2 SSRCs/],
    [{ semantics: 'FID', ssrcs: [1, 1] }, /repeats/],
    [{ semantics: 'SIM', ssrcs: [] }, /empty/],
    [{ semantics: 'SIM', ssrcs: [1, 9] }, /SSRC 9, which is not declared/],
  ]
  for (const [group, pattern] of cases) assert.throws(() => addSources(claims(), withGroups(group)), refused(pattern))
})

test('a group stays within one source', () => {
  const group: SsrcGroup = { semantics: 'FID', ssrcs: [1, 2] }
  const pair = (second: ReturnType<typeof video>): SourceSet => ({
    audio: [],
    video: [video(1), second],
    groups: [group],
  })
  assert.throws(() => addSources(claims(), pair(video(2, 'other t'))), refused(/different sources/))
  assert.throws(() => addSources(claims(), pair(video(2, 's t', 'a1-v1'))), refused(/different sources/))
  assert.throws(() => addSources(claims(), pair(video(2, ''))), refused(/no msid/))
  const mixed: SourceSet = { audio: [{ ...video(2), name: 'a1-a0' }], video: [video(1)], groups: [group] }
  assert.throws(() => addSources(claims(), mixed), refused(/different sources/))
})

test('what others have is theirs', () => {
  const others: SourceSet = { audio: [], video: [video(7, 'their stream', 'b1-v0')], groups: [] }
  assert.throws(
    () => addSources(claims(emptySourceSet, others), { ...emptySourceSet, video: [video(7, 'x y')] }),
    refused(/SSRC 7 is in use/),
  )
  assert.throws(
    () => addSources(claims(emptySourceSet, others), { ...emptySourceSet, video: [video(8, 'their stream')] }),
    refused(/msid "their stream" is in use/),
  )
  assert.throws(
    () => addSources(claims(), { ...emptySourceSet, video: [video(8, 'x y', 'b1-v0')] }),
    refused(/not a name for video of a1/),
  )
})

test('a member owns at most 20 SSRCs, old and new together', () => {
  const many = (from: number, count: number): SourceSet => ({
    ...emptySourceSet,
    video: Array.from({ length: count }, (_, i) => video(from + i)),
  })
  const full = addSources(claims(), many(1, maxSsrcsPerMember))
  assert.throws(() => addSources(claims(full), many(100, 1)), refused(/more than 20 SSRCs/))
})

test('sources without names get those of microphone and camera', () => {
  const named = addSources(claims(), { audio: [video(1, 'm', '')], video: [video(2, 'c', '')], groups: [] })
  assert.deepEqual([named.audio[0]?.name, named.video[0]?.name], ['a1-a0', 'a1-v0'])
  const screen = [video(1, 'screen', 'a1-v1'), video(2, 'screen', '')]
  const paired = addSources(claims(), { audio: [], video: screen, groups: [{ semantics: 'FID', ssrcs: [1, 2] }] })
  assert.deepEqual(
    paired.video.map(({ name }) => name),
    ['a1-v1', 'a1-v1'],
  )
})

test('a removal names what is there', () => {
  const own = withGroups({ semantics: 'FID', ssrcs: [1, 2] })
  assert.deepEqual(namedForRemoval(own, { ...emptySourceSet, video: [video(1, '', ''), video(2, '', '')] }), {
    audio: [],
    video: [video(1), video(2)],
    groups: [{ semantics: 'FID', ssrcs: [1, 2] }],
  })
  assert.throws(() => namedForRemoval(own, { ...emptySourceSet, video: [video(9)] }), refused(/SSRC 9 is not declared/))
})
