/**
 * From the SSRCs and groups of signalling to the engine's sources: one per source name, with its encodings lowest first.
 * Pure; a set that makes no sense is refused as a whole.
 */
import type { MediaKind, SourceSet, SsrcDescription, VideoType } from '@parley/protocol'
import { BridgeError } from './errors.ts'

export interface Encoding {
  readonly ssrc: number
  readonly rtxSsrc?: number
}

export interface SourcePlan {
  readonly name: string
  readonly kind: MediaKind
  /** Lowest first; at least one. */
  readonly encodings: readonly Encoding[]
  readonly videoType: VideoType
}

export interface SourceChanges {
  /** Also the earlier form of sources whose SSRCs changed. */
  readonly removed: readonly SourcePlan[]
  readonly added: readonly SourcePlan[]
  /** The same packets under another video type. */
  readonly retyped: readonly SourcePlan[]
}

/**
 * A SIM group orders the encodings, FID groups give each its retransmission stream (RFC 5576 §4.2). SSRCs that no group
 * names are encodings in the order of the set.
 * @throws BridgeError `bad-request`, `resource-constraint`
 */
export function planSources(set: SourceSet): readonly SourcePlan[] {
  const declared = declaredSsrcs(set)
  const rtxOf = new Map<number, number>()
  const simulcast = new Map<string, readonly number[]>()
  for (const { semantics, ssrcs } of set.groups) {
    const name = groupOwner(semantics, ssrcs, declared)
    if (semantics === 'SIM') simulcast.set(name, ssrcs)
    else if (ssrcs.length === 2) rtxOf.set(ssrcs[0] as number, ssrcs[1] as number)
    else throw new BridgeError('bad-request', `FID group of ${name} has ${ssrcs.length} SSRCs, not 2`)
  }
  const repairs = new Set(rtxOf.values())
  const plans: SourcePlan[] = []
  for (const [name, { kind, descriptions }] of byName(set)) {
    const loose = descriptions.map((d) => d.ssrc).filter((ssrc) => !repairs.has(ssrc))
    const primaries = [...new Set([...(simulcast.get(name) ?? []), ...loose])]
    if (primaries.length === 0) throw new BridgeError('bad-request', `source ${name} has only retransmission SSRCs`)
    const encodings = primaries.map((ssrc) => {
      const rtxSsrc = rtxOf.get(ssrc)
      return rtxSsrc === undefined ? { ssrc } : { ssrc, rtxSsrc }
    })
    const videoType = descriptions.find((d) => d.videoType)?.videoType ?? 'camera'
    plans.push({ name, kind, encodings, videoType })
  }
  return plans
}

/** What turns the sources `before` into those `after`. */
export function diffSources(before: Iterable<SourcePlan>, after: readonly SourcePlan[]): SourceChanges {
  const old = new Map([...before].map((plan) => [plan.name, plan]))
  const added: SourcePlan[] = []
  const retyped: SourcePlan[] = []
  for (const plan of after) {
    const earlier = old.get(plan.name)
    if (!earlier || packetsOf(earlier) !== packetsOf(plan)) {
      added.push(plan)
      continue
    }
    old.delete(plan.name)
    if (earlier.videoType !== plan.videoType) retyped.push(plan)
  }
  return { removed: [...old.values()], added, retyped }
}

/** All SSRCs of a plan, retransmission included. */
export function ssrcsOfPlan(plan: SourcePlan): readonly number[] {
  return plan.encodings.flatMap((e) => (e.rtxSsrc === undefined ? [e.ssrc] : [e.ssrc, e.rtxSsrc]))
}

/** Two plans with equal keys carry the same packets. */
function packetsOf(plan: SourcePlan): string {
  return `${plan.kind} ${plan.encodings.map((e) => `${e.ssrc}/${e.rtxSsrc ?? ''}`).join(' ')}`
}

/** Source name by SSRC. */
function declaredSsrcs(set: SourceSet): ReadonlyMap<number, string> {
  const all = [...set.audio, ...set.video]
  if (all.length > maxSsrcs) {
    throw new BridgeError('resource-constraint', `${all.length} SSRCs, at most ${maxSsrcs} allowed`)
  }
  const names = new Map<number, string>()
  for (const { ssrc, name } of all) {
    if (!Number.isInteger(ssrc) || ssrc < 1 || ssrc > 0xffffffff) {
      throw new BridgeError('bad-request', `SSRC ${ssrc} of ${name} is not from 1 to 4294967295`)
    }
    if (names.has(ssrc)) throw new BridgeError('bad-request', `SSRC ${ssrc} is declared twice`)
    if (name === '') throw new BridgeError('bad-request', `SSRC ${ssrc} has no source name`)
    names.set(ssrc, name)
  }
  return names
}

function groupOwner(semantics: string, ssrcs: readonly number[], declared: ReadonlyMap<number, string>): string {
  const owners = new Set(ssrcs.map((ssrc) => declared.get(ssrc)))
  const [owner] = owners
  if (owners.size !== 1 || owner === undefined || new Set(ssrcs).size !== ssrcs.length) {
    throw new BridgeError('bad-request', `${semantics} group ${ssrcs.join(' ')} is not of SSRCs of one source`)
  }
  return owner
}

function byName(set: SourceSet): Map<string, { readonly kind: MediaKind; readonly descriptions: SsrcDescription[] }> {
  const sources = new Map<string, { readonly kind: MediaKind; readonly descriptions: SsrcDescription[] }>()
  for (const kind of ['audio', 'video'] as const) {
    for (const description of set[kind]) {
      const source = sources.get(description.name)
      if (!source) sources.set(description.name, { kind, descriptions: [description] })
      else if (source.kind === kind) source.descriptions.push(description)
      else throw new BridgeError('bad-request', `source ${description.name} is both audio and video`)
    }
  }
  return sources
}

/** Per endpoint. Stock clients have 1 per microphone and 6 per camera or screen; the focus sets the real limit. */
const maxSsrcs = 64
