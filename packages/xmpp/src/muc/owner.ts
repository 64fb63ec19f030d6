/** The owner's form and the end of a room (XEP-0045 §10.2, §10.9). */
import { child, el, NS, textOf, type XmlElement } from '@parley/protocol'
import { decodeSubmission, encodeForm, formOf } from '../data-form.ts'
import type { StanzaError } from '../stanza-error.ts'
import type { Occupant } from './occupant.ts'
import type { Room } from './room.ts'

type Outcome = readonly XmlElement[] | StanzaError

export function getConfig(room: Room, actor: Occupant): Outcome {
  if (!isOwner(room, actor)) return ownersOnly
  const fields = room.features.flatMap((feature) => feature.configFields?.() ?? [])
  return [el('query', NS.mucOwner, {}, encodeForm('form', NS.mucRoomConfig, fields))]
}

export function setConfig(room: Room, actor: Occupant, query: XmlElement): Outcome {
  if (!isOwner(room, actor)) return ownersOnly
  const destroy = child(query, 'destroy', NS.mucOwner)
  if (destroy) return destroyRoom(room, actor, destroy)
  const x = formOf(query)
  const form = x && decodeSubmission(x)
  if (!form) return { condition: 'bad-request', text: 'a form of type submit or cancel is needed' }
  if (form.isCancelled) return []
  if (form.formType !== undefined && form.formType !== NS.mucRoomConfig) {
    return { condition: 'bad-request', text: `FORM_TYPE must be ${NS.mucRoomConfig}` }
  }
  for (const feature of room.features) {
    const fault = feature.checkConfig?.(form.fields)
    if (fault) return fault
  }
  const changes = room.features.map((feature) => feature.configure?.(form.fields) ?? false)
  if (changes.includes(true)) announceConfigChange(room)
  return []
}

/** Clients read the room's disco#info again on status 104 (XEP-0045 §10.2.1). */
function announceConfigChange(room: Room): void {
  const x = el('x', NS.mucUser, {}, el('status', NS.mucUser, { code: 104 }))
  room.broadcast(el('message', NS.client, { type: 'groupchat', from: room.jid }, x))
}

/** Moderators are owners, but a room ends under them only by whoever may create rooms. */
function destroyRoom(room: Room, actor: Occupant, destroy: XmlElement): Outcome {
  if (!room.isCreator(actor.bareJid)) return { condition: 'forbidden', text: 'Only the focus ends a room' }
  const reason = child(destroy, 'reason', NS.mucOwner)
  room.destroy(reason && textOf(reason), destroy.attrs.jid)
  return []
}

function isOwner(room: Room, actor: Occupant): boolean {
  return room.affiliationOf(actor.bareJid) === 'owner'
}

const ownersOnly: StanzaError = { condition: 'forbidden', text: 'Only owners configure a room' }
