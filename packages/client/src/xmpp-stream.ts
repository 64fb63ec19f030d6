/**
 * The client's side of an XMPP stream over WebSocket (RFC 7395) up to a bound address: open, SASL ANONYMOUS, open again,
 * bind. One complete element per text frame. Text in, text out; the socket and the deadlines live with the caller.
 *
 *   opening → authenticating → reopening → binding → bound → closed
 */
import { child, childElements, el, NS, parseXml, serialize, textOf, type XmlElement } from '@parley/protocol'
import { ClientError } from './errors.ts'

export interface XmppStreamEvents {
  onSend(text: string): void
  /** Logged in; from now on stanzas may be sent. */
  onBound(jid: string): void
  /** An `iq`, `message` or `presence`. */
  onStanza(stanza: XmlElement): void
  /** Last event: the stream is of no use any more. Without `error` the server closed it in good order. */
  onEnded(error: ClientError | undefined): void
}

type State = 'opening' | 'authenticating' | 'reopening' | 'binding' | 'bound' | 'closed'

export class XmppStream {
  readonly #domain: string
  readonly #events: XmppStreamEvents
  #state: State = 'opening'

  constructor(domain: string, events: XmppStreamEvents) {
    this.#domain = domain
    this.#events = events
  }

  get isBound(): boolean {
    return this.#state === 'bound'
  }

  /** The socket is open. */
  start(): void {
    this.#sendOpen()
  }

  /** @throws ClientError `closed` before the stream is bound or after it ended */
  send(stanza: XmlElement): void {
    if (this.#state !== 'bound') throw new ClientError('closed', `the stream to ${this.#domain} is ${this.#state}`)
    this.#events.onSend(serialize(stanza))
  }

  /** Say goodbye (RFC 7395 §3.6). Idempotent. The socket is the caller's to close. */
  close(): void {
    if (this.#state === 'closed') return
    const wasBound = this.#state === 'bound'
    this.#state = 'closed'
    if (wasBound) this.#events.onSend(serialize(el('presence', NS.client, { type: 'unavailable' })))
    this.#events.onSend(serialize(el('close', NS.framing)))
  }

  handleText(text: string): void {
    if (this.#state === 'closed') return
    let element: XmlElement
    try {
      element = parseXml(text)
    } catch (error) {
      return this.#end(new ClientError('protocol', 'the server sent a frame that is not XML', { cause: error }))
    }
    if (element.ns === NS.framing && element.name === 'close') return this.#end(undefined)
    if (element.ns === NS.streams && element.name === 'error') return this.#end(streamError(element))
    this.#handleElement(element)
  }

  /** The socket closed under the stream. */
  handleSocketClosed(why: string): void {
    this.#end(new ClientError('unreachable', why))
  }

  #handleElement(element: XmlElement): void {
    const isFeatures = element.ns === NS.streams && element.name === 'features'
    switch (this.#state) {
      case 'opening':
      case 'reopening':
        if (element.ns === NS.framing && element.name === 'open') return
        if (isFeatures) return this.#state === 'opening' ? this.#authenticate(element) : this.#bind(element)
        break
      case 'authenticating':
        if (element.ns === NS.sasl && element.name === 'success') {
          this.#state = 'reopening'
          return this.#sendOpen()
        }
        if (element.ns === NS.sasl && element.name === 'failure') return this.#end(saslFailure(element))
        break
      case 'binding':
        // a server may push stanzas before the bind result; they are of no use to us
        if (element.ns !== NS.client) break
        if (element.name === 'iq' && element.attrs.id === bindId) return this.#finishBind(element)
        return
      case 'bound':
        if (element.ns === NS.client && stanzaNames.has(element.name)) return this.#events.onStanza(element)
        // extensions we did not ask for, stream management for one
        return
      case 'closed':
        return
    }
    this.#end(new ClientError('protocol', `unexpected <${element.name} xmlns="${element.ns}"> while ${this.#state}`))
  }

  #authenticate(features: XmlElement): void {
    const mechanisms = child(features, 'mechanisms', NS.sasl)
    const names = mechanisms ? childElements(mechanisms, 'mechanism').map((mechanism) => textOf(mechanism)) : []
    if (!names.includes('ANONYMOUS')) {
      const offered = names.join(', ') || 'nothing'
      return this.#end(new ClientError('not-authorized', `${this.#domain} wants a login: it offers ${offered}`))
    }
    this.#state = 'authenticating'
    this.#events.onSend(serialize(el('auth', NS.sasl, { mechanism: 'ANONYMOUS' })))
  }

  #bind(features: XmlElement): void {
    if (!child(features, 'bind', NS.bind)) {
      return this.#end(new ClientError('protocol', `${this.#domain} offers no resource binding`))
    }
    this.#state = 'binding'
    this.#events.onSend(serialize(el('iq', NS.client, { type: 'set', id: bindId }, el('bind', NS.bind))))
  }

  #finishBind(iq: XmlElement): void {
    const bind = child(iq, 'bind', NS.bind)
    const jid = bind ? textOf(child(bind, 'jid', NS.bind)).trim() : ''
    if (iq.attrs.type !== 'result' || jid === '') {
      return this.#end(new ClientError('not-authorized', `${this.#domain} gave us no address`))
    }
    this.#state = 'bound'
    this.#events.onBound(jid)
  }

  #sendOpen(): void {
    this.#events.onSend(serialize(el('open', NS.framing, { to: this.#domain, version: '1.0' })))
  }

  #end(error: ClientError | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#events.onEnded(error)
  }
}

function streamError(element: XmlElement): ClientError {
  const condition = childElements(element, undefined, NS.streamErrors).find((node) => node.name !== 'text')?.name
  const text = textOf(child(element, 'text', NS.streamErrors))
  const message = `the server ended the stream: ${condition ?? 'no reason given'}${text ? ` (${text})` : ''}`
  return new ClientError('protocol', message, condition === undefined ? {} : { condition })
}

function saslFailure(element: XmlElement): ClientError {
  const condition = childElements(element, undefined, NS.sasl).find((node) => node.name !== 'text')?.name
  const text = textOf(child(element, 'text', NS.sasl))
  return new ClientError('not-authorized', text || `login refused: ${condition ?? 'no reason given'}`, {
    ...(condition === undefined ? {} : { condition }),
  })
}

const bindId = 'bind-1'
const stanzaNames = new Set(['iq', 'message', 'presence'])
