/**
 * What presence in a room says: who an occupant is (XEP-0045), what its client can do (XEP-0115), which sources are
 * muted.
 */
import type { VideoType } from './media.ts'
import { NS } from './namespaces.ts'
import { parseSourceName } from './source-names.ts'
import { child, childElements, el, textOf, type XmlElement } from './xml.ts'

export type Affiliation = 'owner' | 'admin' | 'member' | 'none' | 'outcast'
export type Role = 'moderator' | 'participant' | 'visitor' | 'none'

/** The room's own words about an occupant. */
export interface OccupantItem {
  readonly affiliation: Affiliation
  readonly role: Role
  /** Real full JID. */
  readonly jid?: string
  /** XEP-0045 §15.6: 110 own presence, 201 room created, 307 kicked … */
  readonly statusCodes: readonly number[]
}

/** `undefined` when the presence has no `<x>` with an item, which means it is not about an occupant. */
export function decodeOccupantItem(presence: XmlElement): OccupantItem | undefined {
  const x = child(presence, 'x', NS.mucUser)
  const item = x && child(x, 'item')
  if (!item) return undefined
  const { affiliation, role, jid } = item.attrs
  return {
    affiliation: affiliations.find((known) => known === affiliation) ?? 'none',
    role: roles.find((known) => known === role) ?? 'none',
    ...(jid && { jid }),
    statusCodes: childElements(x, 'status').map(({ attrs }) => Number(attrs.code)),
  }
}

/** Which features a client has, by reference: the list behind `node#ver` never changes (XEP-0115 §5). */
export interface CapsReference {
  readonly node: string
  readonly ver: string
}

export function decodeCaps(presence: XmlElement): CapsReference | undefined {
  const { node, ver } = child(presence, 'c', NS.caps)?.attrs ?? {}
  return node && ver ? { node, ver } : undefined
}

/** Features of a disco#info result (XEP-0030 §3.1), at most 256. */
export function decodeFeatures(query: XmlElement): Set<string> {
  return new Set(
    childElements(query, 'feature')
      .slice(0, 256)
      .map(({ attrs }) => attrs.var ?? ''),
  )
}

/** Display name (XEP-0172), `''` when the occupant has none. */
export function decodeNick(presence: XmlElement): string {
  return textOf(child(presence, 'nick', NS.nick))
}

/** Mute state and kind of one source; the only place where receivers learn it. */
export interface SourceState {
  readonly muted: boolean
  readonly videoType?: VideoType
}

export function encodeSourceInfo(sources: ReadonlyMap<string, SourceState>): XmlElement {
  return el('SourceInfo', NS.client, {}, JSON.stringify(Object.fromEntries(sources)))
}

/**
 * The `<SourceInfo>` of a presence, by source name. A source that is not listed is muted. Entries of other endpoints
 * and anything malformed are passed over: whoever wrote them harms only itself.
 */
export function decodeSourceInfo(presence: XmlElement, endpointId: string): Map<string, SourceState> {
  const states = new Map<string, SourceState>()
  let parsed: unknown
  try {
    parsed = JSON.parse(textOf(child(presence, 'SourceInfo')) || '{}')
  } catch {
    return states
  }
  if (typeof parsed !== 'object' || parsed === null) return states
  for (const [name, value] of Object.entries(parsed).slice(0, 64)) {
    const source = parseSourceName(name)
    if (source?.endpointId !== endpointId || typeof value !== 'object' || value === null) continue
    const videoType = value.videoType === 'desktop' ? 'desktop' : value.videoType === 'camera' ? 'camera' : undefined
    states.set(name, { muted: value.muted === true, ...(source.kind === 'video' && videoType && { videoType }) })
  }
  return states
}

const affiliations: readonly Affiliation[] = ['owner', 'admin', 'member', 'none', 'outcast']
const roles: readonly Role[] = ['moderator', 'participant', 'visitor', 'none']
