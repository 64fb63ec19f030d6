/** What a stanza from a client must look like before anybody else sees it (RFC 6120 §8). */
import { childElements, NS, parseJid, type XmlElement } from '@parley/protocol'
import type { StanzaError } from './stanza-error.ts'

/** Why a stanza is refused with a stanza error; `undefined` when it is well made. */
export function findStanzaFault(stanza: XmlElement): StanzaError | undefined {
  const { to, type, id } = stanza.attrs
  if (to !== undefined && !parseJid(to)) {
    return { condition: 'jid-malformed', text: `"${to.slice(0, 100)}" is no address` }
  }
  if (type !== undefined && !typesOf[stanza.name]?.has(type)) {
    return { condition: 'bad-request', text: `${stanza.name} has no type "${type.slice(0, 40)}"` }
  }
  if (stanza.name !== 'iq') return undefined
  if (type === undefined) return { condition: 'bad-request', text: 'an iq needs a type' }
  if (!id) return { condition: 'bad-request', text: 'an iq needs an id' }
  const isRequest = type === 'get' || type === 'set'
  if (isRequest && childElements(stanza).length !== 1) {
    return { condition: 'bad-request', text: 'a request has exactly one payload' }
  }
  return undefined
}

/**
 * An element that only a server may put on a stream, hidden in a stanza. Clients look such elements up anywhere in what
 * they receive, so relaying a stream error inside a chat line would end the streams of everybody in the room.
 */
export function hasStreamElement(element: XmlElement): boolean {
  if (streamNamespaces.has(element.ns)) return true
  return element.children.some((node) => typeof node !== 'string' && hasStreamElement(node))
}

const streamNamespaces: ReadonlySet<string> = new Set([NS.streams, NS.streamErrors, NS.framing, NS.sasl])

const typesOf: Readonly<Record<string, ReadonlySet<string>>> = {
  iq: new Set(['get', 'set', 'result', 'error']),
  message: new Set(['chat', 'error', 'groupchat', 'headline', 'normal']),
  presence: new Set(['error', 'probe', 'subscribe', 'subscribed', 'unavailable', 'unsubscribe', 'unsubscribed']),
}
