/** What a receiver has to be told so that it knows `wanted` where it knew `told`. */
import { emptySourceSet, intersectSources, isEmptySourceSet, type SourceSet, ssrcsOf } from '@parley/protocol'

export interface SourceDifference {
  /** To be said first: a source that changed is removed and added again. */
  readonly removed: SourceSet
  readonly added: SourceSet
}

export function sourceDifference(told: SourceSet | undefined, wanted: SourceSet | undefined): SourceDifference {
  // by far the most frequent: somebody came
  if (!told || isEmptySourceSet(told)) return { removed: emptySourceSet, added: wanted ?? emptySourceSet }
  if (!wanted || isEmptySourceSet(wanted)) return { removed: told, added: emptySourceSet }
  const before = describe(told)
  const after = describe(wanted)
  const changed = (from: Map<number, string>, to: Map<number, string>) =>
    new Set([...from].filter(([ssrc, text]) => to.get(ssrc) !== text).map(([ssrc]) => ssrc))
  return {
    removed: intersectSources(told, changed(before, after)),
    added: intersectSources(wanted, changed(after, before)),
  }
}

/** Everything that a receiver knows of an SSRC, its groups included, as one comparable text. */
function describe(set: SourceSet): Map<number, string> {
  const groups = new Map<number, string>(ssrcsOf(set).map((ssrc) => [ssrc, '']))
  for (const { semantics, ssrcs } of set.groups) {
    for (const ssrc of ssrcs) groups.set(ssrc, `${groups.get(ssrc)} ${semantics}:${ssrcs.join(',')}`)
  }
  const texts = new Map<number, string>()
  for (const kind of ['audio', 'video'] as const) {
    for (const { ssrc, name, msid, videoType } of set[kind]) {
      texts.set(ssrc, JSON.stringify([kind, name, msid, videoType, groups.get(ssrc)]))
    }
  }
  return texts
}
