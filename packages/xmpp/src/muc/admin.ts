/**
 * Roles and affiliations (XEP-0045 §8, §9): kick, grant and revoke. All items of a request are checked before the first
 * takes effect.
 */
import { bareJid, child, childElements, el, NS, parseJid, textOf, type XmlElement } from '@parley/protocol'
import type { StanzaError } from '../stanza-error.ts'
import { type Affiliation, isAffiliation, isRole, type Occupant, type Role } from './occupant.ts'
import type { Room } from './room.ts'

type Outcome = readonly XmlElement[] | StanzaError

type Change =
  | { readonly kind: 'role'; readonly occupant: Occupant; readonly role: Role; readonly reason: string | undefined }
  | {
      readonly kind: 'affiliation'
      readonly bareJid: string
      readonly affiliation: Affiliation
      readonly reason: string | undefined
    }

/** List who has a role or an affiliation. */
export function getAdminList(room: Room, actor: Occupant, query: XmlElement): Outcome {
  if (actor.role !== 'moderator') return moderatorsOnly
  const wanted = childElements(query, 'item', NS.mucAdmin)[0]?.attrs ?? {}
  const item = (attrs: Record<string, string>) => el('item', NS.mucAdmin, attrs)
  if (isRole(wanted.role)) {
    const found = [...room.occupants()].filter((occupant) => occupant.role === wanted.role)
    const items = found.map(({ nick, realJid, role, bareJid }) =>
      item({ affiliation: room.affiliationOf(bareJid), role, nick, jid: realJid }),
    )
    return [el('query', NS.mucAdmin, {}, ...items)]
  }
  const { affiliation } = wanted
  if (!isAffiliation(affiliation)) return { condition: 'bad-request', text: 'name one role or one affiliation' }
  return [el('query', NS.mucAdmin, {}, ...room.affiliated(affiliation).map((jid) => item({ affiliation, jid })))]
}

export function setAdminList(room: Room, actor: Occupant, query: XmlElement): Outcome {
  const items = childElements(query, 'item', NS.mucAdmin)
  if (items.length === 0) return { condition: 'bad-request', text: 'no items' }
  if (items.length > maxItems) return { condition: 'not-acceptable', text: `more than ${maxItems} items` }
  const changes: Change[] = []
  for (const item of items) {
    const change = readItem(room, item)
    if ('condition' in change) return change
    const refusal = findRefusal(room, actor, change)
    if (refusal) return refusal
    changes.push(change)
  }
  if (!room.canRemember(changes.flatMap((change) => (change.kind === 'affiliation' ? [change.bareJid] : [])))) {
    return { condition: 'resource-constraint', text: 'The room has too many affiliations' }
  }
  for (const change of changes) apply(room, actor, change)
  return []
}

function readItem(room: Room, item: XmlElement): Change | StanzaError {
  const { nick, jid, role, affiliation } = item.attrs
  const reasonElement = child(item, 'reason', NS.mucAdmin)
  const reason = reasonElement && textOf(reasonElement).slice(0, maxReasonLength)
  const occupant = nick === undefined ? undefined : room.occupantByNick(nick)
  if (nick !== undefined && !occupant)
    return { condition: 'item-not-found', text: `nobody here is "${nick.slice(0, 64)}"` }
  if (affiliation !== undefined) {
    if (!isAffiliation(affiliation)) return { condition: 'bad-request', text: 'no such affiliation' }
    const parsed = parseJid(jid ?? occupant?.bareJid ?? '')
    if (!parsed?.node) return { condition: 'jid-malformed', text: 'an affiliation needs the address of a user' }
    return { kind: 'affiliation', bareJid: bareJid(parsed), affiliation, reason }
  }
  if (!isRole(role)) return { condition: 'bad-request', text: 'an item has a role or an affiliation' }
  if (!occupant) return { condition: 'bad-request', text: 'a role needs the nick of an occupant' }
  return { kind: 'role', occupant, role, reason }
}

function findRefusal(room: Room, actor: Occupant, change: Change): StanzaError | undefined {
  const isActorOwner = room.affiliationOf(actor.bareJid) === 'owner'
  const target = change.kind === 'role' ? change.occupant.bareJid : change.bareJid
  if (room.isCreator(target)) return { condition: 'not-allowed', text: 'The focus stays as it is' }
  if (change.kind === 'affiliation') return isActorOwner ? undefined : ownersOnly
  if (actor.role !== 'moderator') return moderatorsOnly
  const isTargetOwner = room.affiliationOf(target) === 'owner'
  if (isTargetOwner && !isActorOwner) return { condition: 'not-allowed', text: 'Owners answer only to owners' }
  if (isTargetOwner && change.role !== 'none' && change.role !== 'moderator') {
    return { condition: 'not-allowed', text: 'Owners are moderators' }
  }
  if (change.role === 'moderator' && !isActorOwner) return ownersOnly
  return undefined
}

function apply(room: Room, actor: Occupant, change: Change): void {
  const why = { actor: actor.nick, ...(change.reason !== undefined && { reason: change.reason }) }
  if (change.kind === 'affiliation') return room.setAffiliation(change.bareJid, change.affiliation, why)
  // an earlier item of the same request may have removed the occupant
  if (room.occupantByNick(change.occupant.nick) !== change.occupant) return
  if (change.role !== 'none') return room.setRole(change.occupant, change.role)
  room.kick(change.occupant, why)
}

const moderatorsOnly: StanzaError = { condition: 'forbidden', text: 'Only moderators may do this' }
const ownersOnly: StanzaError = { condition: 'forbidden', text: 'Only owners may do this' }
/** Everybody hears of each: one request must not fill the router. */
const maxItems = 100
const maxReasonLength = 1024
