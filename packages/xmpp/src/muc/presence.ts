/** Presence as occupants see it (XEP-0045 §7.2, §7.6–7.14): the sender's payload and the server's word on who it is. */
import { el, NS, type XmlElement, type XmlNode } from '@parley/protocol'
import type { Affiliation, Role } from './occupant.ts'

export interface PresenceItem {
  readonly affiliation: Affiliation
  readonly role: Role
  readonly realJid: string
  /** Nick of whoever caused a removal. */
  readonly actor?: string
  readonly reason?: string
}

export interface OccupantPresence {
  readonly from: string
  readonly isUnavailable?: boolean
  readonly payload: readonly XmlNode[]
  readonly item: PresenceItem
  readonly statuses: readonly number[]
  readonly destroy?: XmlElement
}

/**
 * A presence without its receiver. The `muc#user` element comes first: clients take the first `<x>` of a presence for it.
 */
export function occupantPresence(presence: OccupantPresence): XmlElement {
  const { from, isUnavailable, payload, item, statuses, destroy } = presence
  const { affiliation, role, realJid, actor, reason } = item
  const x = el(
    'x',
    NS.mucUser,
    {},
    el(
      'item',
      NS.mucUser,
      { affiliation, role, jid: realJid },
      actor === undefined ? undefined : el('actor', NS.mucUser, { nick: actor }),
      reason === undefined ? undefined : el('reason', NS.mucUser, {}, reason),
    ),
    ...statuses.map((code) => el('status', NS.mucUser, { code })),
    destroy,
  )
  return el('presence', NS.client, { type: isUnavailable ? 'unavailable' : undefined, from }, x, ...payload)
}

/** A presence's children as they are relayed: without what only the server may say. */
export function relayedPayload(presence: XmlElement): XmlNode[] {
  return presence.children.filter((node) => typeof node !== 'string' && !isServerOwned(node))
}

/** `muc#user`, `muc#admin` and the like are one family; identity and permissions are vouched for by the server. */
export function isServerOwned(element: XmlElement): boolean {
  return element.ns.startsWith(NS.muc) || ownedNames.has(element.name) || ownedNamespaces.has(element.ns)
}

const ownedNames: ReadonlySet<string> = new Set(['identity', 'user', 'group', 'permissions'])
const ownedNamespaces: ReadonlySet<string> = new Set([NS.delay, NS.occupantId, NS.stanzaId, NS.addresses])
