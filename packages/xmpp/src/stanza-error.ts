/** Stanza errors (RFC 6120 §8.3): the one place that knows which condition has which type, and who may be answered. */
import { el, NS, type XmlElement } from '@parley/protocol'

export type StanzaCondition = keyof typeof typeOfCondition

export interface StanzaError {
  readonly condition: StanzaCondition
  /** For people. */
  readonly text?: string
  /** Overrides the usual type of the condition. */
  readonly type?: ErrorType
  /** Application-specific element, inside `<error>`. */
  readonly detail?: XmlElement
}

export type ErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait'

/** The error as answer to `stanza`, from the address that was asked; the original payload is not repeated. */
export function errorReply(stanza: XmlElement, error: StanzaError): XmlElement {
  const { from, to, id } = stanza.attrs
  return el(
    stanza.name,
    NS.client,
    { type: 'error', from: to, to: from, id },
    el(
      'error',
      NS.client,
      { type: error.type ?? typeOfCondition[error.condition] },
      el(error.condition, NS.stanzas),
      error.text === undefined ? undefined : el('text', NS.stanzas, {}, error.text),
      error.detail,
    ),
  )
}

/** The empty or filled result of an IQ request. */
export function resultReply(iq: XmlElement, ...children: readonly XmlElement[]): XmlElement {
  const { from, to, id } = iq.attrs
  return el('iq', NS.client, { type: 'result', from: to, to: from, id }, ...children)
}

/** An IQ that must be answered, `get` or `set`. */
export function isRequest(stanza: XmlElement): boolean {
  return stanza.name === 'iq' && (stanza.attrs.type === 'get' || stanza.attrs.type === 'set')
}

/** Errors and results are never answered with errors (RFC 6120 §8.3.1), or two servers could answer each other for ever. */
export function mayAnswerWithError(stanza: XmlElement): boolean {
  const type = stanza.attrs.type
  if (stanza.name === 'iq') return isRequest(stanza)
  if (stanza.name === 'presence') return type === undefined
  return stanza.name === 'message' && type !== 'error' && type !== 'headline'
}

const typeOfCondition = {
  'bad-request': 'modify',
  conflict: 'cancel',
  'feature-not-implemented': 'cancel',
  forbidden: 'auth',
  'internal-server-error': 'cancel',
  'item-not-found': 'cancel',
  'jid-malformed': 'modify',
  'not-acceptable': 'modify',
  'not-allowed': 'cancel',
  'not-authorized': 'auth',
  'policy-violation': 'modify',
  'recipient-unavailable': 'wait',
  'registration-required': 'auth',
  'resource-constraint': 'wait',
  'service-unavailable': 'cancel',
} as const satisfies Record<string, ErrorType>
