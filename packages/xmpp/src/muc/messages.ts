/** Messages in a room: to everybody, to one, and the subject (XEP-0045 §7.4, §7.5, §8.1). */
import { child, el, NS, textOf, type XmlElement } from '@parley/protocol'
import type { StanzaError } from '../stanza-error.ts'
import type { Occupant } from './occupant.ts'
import { isServerOwned } from './presence.ts'
import type { Room } from './room.ts'

/** Handle a message to the room; the error when it is refused. */
export function handleRoomMessage(room: Room, sender: Occupant, message: XmlElement): StanzaError | undefined {
  if (message.attrs.type !== 'groupchat') {
    return { condition: 'feature-not-implemented', text: 'The room takes groupchat messages' }
  }
  if (sender.role === 'visitor') return { condition: 'forbidden', text: 'Visitors listen' }
  const subject = child(message, 'subject', NS.client)
  // XEP-0045 §8.1: a message with a body or a thread only happens to have a subject
  if (subject && !child(message, 'body', NS.client) && !child(message, 'thread', NS.client)) {
    if (sender.role !== 'moderator') return { condition: 'forbidden', text: 'Only moderators set the subject' }
    room.setSubject(textOf(subject), sender)
  }
  room.broadcast(relayed(message, room.occupantJid(sender)))
  return undefined
}

/** Handle a message to one occupant; the error when it is refused. */
export function handlePrivateMessage(
  room: Room,
  sender: Occupant,
  message: XmlElement,
  nick: string,
): StanzaError | undefined {
  if (message.attrs.type === 'groupchat') {
    return { condition: 'bad-request', text: 'A groupchat message goes to the room itself' }
  }
  const receiver = room.occupantByNick(nick)
  if (!receiver) return { condition: 'item-not-found', text: 'The participant is not in the room' }
  room.send(relayed(message, room.occupantJid(sender), receiver.realJid))
  return undefined
}

/**
 * Attributes other than addresses are kept, the id above all: reactions and retractions refer to it. The sender's own name
 * for itself is in its presence; in a message it could name somebody else.
 */
function relayed(message: XmlElement, from: string, to?: string): XmlElement {
  const { type, id, 'xml:lang': lang } = message.attrs
  const payload = message.children.filter(
    (node) => typeof node === 'string' || !(isServerOwned(node) || node.ns === NS.nick),
  )
  return el('message', NS.client, { type, id, 'xml:lang': lang, from, to }, ...payload)
}
