/** Lines of chat (XEP-0045 §7.4, §7.5): stanzas to and from {@link ChatMessage}, and a log of bounded length. */
import { child, el, NS, textOf, type XmlElement } from '@parley/protocol'
import type { ChatMessage } from './chat-message.ts'

export interface ChatContext {
  readonly localId: string
  /** Display name of a participant, `''` when unknown. */
  nameOf(id: string): string
  /** ms since 1970. */
  readonly wallTime: number
}

export function encodeGroupChat(room: string, id: string, text: string): XmlElement {
  return el('message', NS.client, { to: room, type: 'groupchat', id }, el('body', NS.client, {}, text))
}

export function encodePrivateChat(room: string, to: string, id: string, text: string): XmlElement {
  return el('message', NS.client, { to: `${room}/${to}`, type: 'chat', id }, el('body', NS.client, {}, text))
}

/**
 * @param nick resource part of the stanza's `from`; `''` is the room itself
 * @returns `undefined` when it is no line of chat: a subject, a component's JSON, an error
 */
export function decodeChat(nick: string, stanza: XmlElement, context: ChatContext): ChatMessage | undefined {
  const { type = 'normal', id } = stanza.attrs
  const text = textOf(child(stanza, 'body'))
  if ((type !== 'groupchat' && type !== 'chat') || text === '') return undefined
  // a subject may come with a body for clients that know no subjects
  if (child(stanza, 'subject')) return undefined
  const stamp = Date.parse(child(stanza, 'delay', NS.delay)?.attrs.stamp ?? '')
  const sentAt = Number.isNaN(stamp) ? context.wallTime : stamp
  return {
    id: id ?? `${nick}-${sentAt}`,
    senderId: nick,
    senderName: context.nameOf(nick),
    text: text.slice(0, maxTextLength),
    sentAt,
    isLocal: nick === context.localId,
    isPrivate: type === 'chat',
  }
}

export class ChatLog {
  #messages: readonly ChatMessage[] = []

  /** A new array after every line, so that it can be compared by identity. */
  get messages(): readonly ChatMessage[] {
    return this.#messages
  }

  /** Returns false for a line that is in the log already: a room may replay its history after we saw it. */
  add(message: ChatMessage): boolean {
    const isKnown = this.#messages.some((known) => known.id === message.id && known.senderId === message.senderId)
    if (isKnown) return false
    this.#messages = [...this.#messages.slice(1 - maxMessages), message]
    return true
  }
}

/** Longest line shown or sent, UTF-16 code units. */
export const maxTextLength = 16_384
const maxMessages = 500
