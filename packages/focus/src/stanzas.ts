/** The stanzas of a request and its answer (RFC 6120 §8.2.3 and §8.3). */
import { el, NS, type XmlElement } from '@parley/protocol'

export type StanzaCondition =
  | 'bad-request'
  | 'feature-not-implemented'
  | 'forbidden'
  | 'internal-server-error'
  | 'item-not-found'
  | 'not-acceptable'
  | 'not-allowed'
  | 'resource-constraint'
  | 'service-unavailable'
  | 'unexpected-request'

/** RFC 6120 §8.3.3: what the sender can do about it. */
const errorTypes: Readonly<Record<StanzaCondition, 'auth' | 'cancel' | 'modify' | 'wait'>> = {
  'bad-request': 'modify',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
  'unexpected-request': 'wait',
}

export function iq(type: 'get' | 'set', to: string, id: string, payload: XmlElement): XmlElement {
  return el('iq', NS.client, { type, to, id }, payload)
}

export function resultFor(request: XmlElement, payload?: XmlElement): XmlElement {
  return el('iq', NS.client, { type: 'result', to: request.attrs.from, id: request.attrs.id }, payload)
}

/** @param text for people @param detail a more exact condition in its own namespace */
export function errorFor(
  request: XmlElement,
  condition: StanzaCondition,
  text?: string,
  detail?: XmlElement,
): XmlElement {
  return el(
    'iq',
    NS.client,
    { type: 'error', to: request.attrs.from, id: request.attrs.id },
    el(
      'error',
      NS.client,
      { type: errorTypes[condition] },
      el(condition, NS.stanzas),
      text ? el('text', NS.stanzas, {}, text) : undefined,
      detail,
    ),
  )
}

/** XEP-0166 §6: the request names a session that does not exist. */
export function unknownSession(request: XmlElement): XmlElement {
  return errorFor(request, 'item-not-found', 'no such session', el('unknown-session', NS.jingleErrors))
}

/** True for an IQ that its receiver has to answer. */
export function isIqRequest(stanza: XmlElement): boolean {
  return stanza.name === 'iq' && (stanza.attrs.type === 'get' || stanza.attrs.type === 'set')
}

/** The condition and text of an error answer, for logs. */
export function describeError(answer: XmlElement): string {
  const error = answer.children.find((node): node is XmlElement => typeof node !== 'string' && node.name === 'error')
  const parts = (error?.children ?? []).map((node) => {
    if (typeof node === 'string') return ''
    return node.name === 'text' ? String(node.children[0] ?? '').slice(0, 200) : node.name
  })
  return parts.filter((part) => part !== '').join(': ') || 'no reason given'
}
