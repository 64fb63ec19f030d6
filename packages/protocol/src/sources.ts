/** Algebra of source sets: plain data in, plain data out. An SSRC is declared at most once in a set. */
import type { SourceSet, SsrcDescription, SsrcGroup } from './media.ts'

export const emptySourceSet: SourceSet = { audio: [], video: [], groups: [] }

/** True when the set declares no SSRC; groups alone carry nothing. */
export function isEmptySourceSet(set: SourceSet): boolean {
  return set.audio.length === 0 && set.video.length === 0
}

/** Every SSRC of the set, audio first. */
export function ssrcsOf(set: SourceSet): number[] {
  return [...set.audio, ...set.video].map((source) => source.ssrc)
}

/** Both sets together. What `added` says of an SSRC or group that `base` has already wins. */
export function mergeSources(base: SourceSet, added: SourceSet): SourceSet {
  const again = new Set(ssrcsOf(added))
  const groupsAgain = new Set(added.groups.map(groupKey))
  return {
    audio: [...base.audio.filter((s) => !again.has(s.ssrc)), ...added.audio],
    video: [...base.video.filter((s) => !again.has(s.ssrc)), ...added.video],
    groups: [...base.groups.filter((g) => !groupsAgain.has(groupKey(g))), ...added.groups],
  }
}

/** `base` without the SSRCs of `removed` and without every group that had one of them. */
export function subtractSources(base: SourceSet, removed: SourceSet): SourceSet {
  const gone = new Set(ssrcsOf(removed))
  return {
    audio: base.audio.filter((s) => !gone.has(s.ssrc)),
    video: base.video.filter((s) => !gone.has(s.ssrc)),
    groups: base.groups.filter((g) => !g.ssrcs.some((ssrc) => gone.has(ssrc))),
  }
}

/** The part of `base` whose SSRCs are in `wanted`, with the groups that lie wholly inside. */
export function intersectSources(base: SourceSet, wanted: ReadonlySet<number>): SourceSet {
  return {
    audio: base.audio.filter((s) => wanted.has(s.ssrc)),
    video: base.video.filter((s) => wanted.has(s.ssrc)),
    groups: base.groups.filter((g) => g.ssrcs.every((ssrc) => wanted.has(ssrc))),
  }
}

/**
 * What receivers are told: of each simulcast group only its first SSRC, the primary, and that one's RTX. The bridge
 * forwards whichever layer it likes under the primary SSRC, so no receiver needs to know of the others.
 */
export function stripSimulcast(set: SourceSet): SourceSet {
  const hidden = new Set<number>()
  for (const group of set.groups) {
    if (group.semantics === 'SIM') for (const ssrc of group.ssrcs.slice(1)) hidden.add(ssrc)
  }
  if (hidden.size === 0) return set
  for (const group of set.groups) {
    const [primary, repair] = group.ssrcs
    if (group.semantics === 'FID' && primary !== undefined && repair !== undefined && hidden.has(primary)) {
      hidden.add(repair)
    }
  }
  const shown = (source: SsrcDescription) => !hidden.has(source.ssrc)
  return {
    audio: set.audio.filter(shown),
    video: set.video.filter(shown),
    groups: set.groups.filter((g) => g.semantics === 'FID' && !g.ssrcs.some((ssrc) => hidden.has(ssrc))),
  }
}

/** Groups with equal keys are the same group. */
export function groupKey(group: SsrcGroup): string {
  return `${group.semantics} ${group.ssrcs.join(' ')}`
}
