import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptySourceSet, mergeSources, type SourceSet, subtractSources } from '@parley/protocol'
import * as fc from 'fast-check'
import { sourceDifference } from './source-difference.ts'

const source = (ssrc: number, msid = 's t') => ({ ssrc, name: 'a-v0', msid })

test('nothing changed, nothing said', () => {
  const set: SourceSet = { audio: [], video: [source(1), source(2)], groups: [{ semantics: 'FID', ssrcs: [1, 2] }] }
  assert.deepEqual(sourceDifference(set, structuredClone(set)), { removed: emptySourceSet, added: emptySourceSet })
  assert.deepEqual(sourceDifference(undefined, set), { removed: emptySourceSet, added: set })
  assert.deepEqual(sourceDifference(set, undefined), { removed: set, added: emptySourceSet })
})

test('a source that changed its stream or its groups is removed and added', () => {
  const before: SourceSet = { audio: [], video: [source(1), source(2), source(3)], groups: [] }
  const restreamed = { ...before, video: [source(1, 'x y'), source(2), source(3)] }
  assert.deepEqual(sourceDifference(before, restreamed), {
    removed: { ...emptySourceSet, video: [source(1)] },
    added: { ...emptySourceSet, video: [source(1, 'x y')] },
  })
  const grouped: SourceSet = { ...before, groups: [{ semantics: 'FID', ssrcs: [1, 2] }] }
  assert.deepEqual(sourceDifference(before, grouped), {
    removed: { ...emptySourceSet, video: [source(1), source(2)] },
    added: { ...emptySourceSet, video: [source(1), source(2)], groups: grouped.groups },
  })
})

test('removing and adding the difference leads to what is wanted', () => {
  const set = fc
    .uniqueArray(fc.integer({ min: 1, max: 8 }), { maxLength: 8 })
    .chain((ssrcs) =>
      fc.record({ ssrcs: fc.constant(ssrcs), paired: fc.boolean(), msid: fc.constantFrom('s t', 'x y') }),
    )
    .map(({ ssrcs, paired, msid }): SourceSet => {
      const [first, second] = ssrcs
      const isPaired = paired && first !== undefined && second !== undefined
      return {
        audio: [],
        video: ssrcs.map((ssrc) => source(ssrc, msid)),
        groups: isPaired ? [{ semantics: 'FID', ssrcs: [first, second] }] : [],
      }
    })
  const sorted = (s: SourceSet) => ({ ...s, video: [...s.video].sort((a, b) => a.ssrc - b.ssrc) })
  fc.assert(
    fc.property(set, set, (told, wanted) => {
      const { removed, added } = sourceDifference(told, wanted)
      assert.deepEqual(sorted(mergeSources(subtractSources(told, removed), added)), sorted(wanted))
    }),
  )
})
