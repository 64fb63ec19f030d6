/**
 * What a client may declare. The rules keep one client from taking another's SSRCs or streams, and keep broken groups
 * from receivers, whose SDP they would break.
 */
import {
  JingleError,
  formatSourceName,
  parseSourceName,
  type MediaKind,
  type SourceSet,
  type SsrcDescription,
  intersectSources,
  isEmptySourceSet,
  mergeSources,
  ssrcsOf,
} from '@parley/protocol'

export const maxSsrcsPerMember = 20
export const maxGroupsPerMember = 20

export interface Claims {
  readonly endpointId: string
  /** What the member declares already. */
  readonly own: SourceSet
  /** Sets of everybody else, the bridge's among them. */
  readonly others: readonly SourceSet[]
}

/** @returns the member's whole set after the addition @throws JingleError `bad-request` */
export function addSources(claims: Claims, added: SourceSet): SourceSet {
  const named = nameSources(claims.endpointId, added)
  const own = new Set(ssrcsOf(claims.own))
  for (const ssrc of ssrcsOf(named)) if (own.has(ssrc)) refuse(`SSRC ${ssrc} is declared already`)
  const all = mergeSources(claims.own, named)
  if (ssrcsOf(all).length > maxSsrcsPerMember) refuse(`more than ${maxSsrcsPerMember} SSRCs`)
  if (all.groups.length > maxGroupsPerMember) refuse(`more than ${maxGroupsPerMember} SSRC groups`)
  refuseConflicts(claims.others, named)
  for (const group of all.groups) checkGroup(group.semantics, group.ssrcs, all)
  return all
}

/**
 * The part of the member's set that a removal names, with its groups.
 * @throws JingleError `bad-request` when it names what the member does not have
 */
export function namedForRemoval(own: SourceSet, removed: SourceSet): SourceSet {
  const known = new Set(ssrcsOf(own))
  for (const ssrc of ssrcsOf(removed)) if (!known.has(ssrc)) refuse(`SSRC ${ssrc} is not declared`)
  return intersectSources(own, new Set(ssrcsOf(removed)))
}

/**
 * Older clients do not name sources, or only some of their SSRCs. An unnamed one belongs to the source of its stream, and
 * else is the microphone, `a0`, or the camera, `v0`.
 */
function nameSources(endpointId: string, set: SourceSet): SourceSet {
  const byMsid = new Map([...set.audio, ...set.video].filter(({ name }) => name !== '').map((s) => [s.msid, s.name]))
  const name = (kind: MediaKind) => (source: SsrcDescription) => {
    const ofStream = source.msid === '' ? undefined : byMsid.get(source.msid)
    const text = source.name || (ofStream ?? formatSourceName({ endpointId, kind, index: 0 }))
    const parsed = parseSourceName(text)
    if (parsed?.endpointId !== endpointId || parsed.kind !== kind) {
      refuse(`"${text}" is not a name for ${kind} of ${endpointId}`)
    }
    return { ...source, name: text }
  }
  return { ...set, audio: set.audio.map(name('audio')), video: set.video.map(name('video')) }
}

function refuseConflicts(others: readonly SourceSet[], added: SourceSet): void {
  if (isEmptySourceSet(added)) return
  const ssrcs = new Set(ssrcsOf(added))
  const msids = new Set([...added.audio, ...added.video].map(({ msid }) => msid).filter((msid) => msid !== ''))
  for (const other of others) {
    for (const { ssrc, msid } of [...other.audio, ...other.video]) {
      if (ssrcs.has(ssrc)) refuse(`SSRC ${ssrc} is in use`)
      if (msids.has(msid)) refuse(`msid "${msid}" is in use`)
    }
  }
}

function checkGroup(semantics: string, ssrcs: readonly number[], all: SourceSet): void {
  if (semantics === 'FID' && ssrcs.length !== 2) refuse(`a FID group has 2 SSRCs, not ${ssrcs.length}`)
  if (ssrcs.length < 1 || new Set(ssrcs).size !== ssrcs.length)
    refuse(`a ${semantics} group is empty or repeats itself`)
  const members = ssrcs.map((ssrc) => {
    const inAudio = all.audio.find((source) => source.ssrc === ssrc)
    const source = inAudio ?? all.video.find((candidate) => candidate.ssrc === ssrc)
    if (!source) refuse(`a ${semantics} group names SSRC ${ssrc}, which is not declared`)
    return { ...source, kind: inAudio ? 'audio' : 'video' }
  })
  const [first] = members
  for (const { ssrc, msid, name, kind } of members) {
    if (msid === '') refuse(`SSRC ${ssrc} is in a ${semantics} group and has no msid`)
    if (msid !== first?.msid || name !== first.name || kind !== first.kind) {
      refuse(`the SSRCs of a ${semantics} group belong to different sources`)
    }
  }
}

function refuse(message: string): never {
  throw new JingleError('bad-request', message)
}
