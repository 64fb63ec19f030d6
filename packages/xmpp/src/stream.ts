/**
 * One client's stream over WebSocket (RFC 7395, RFC 6120), without a socket or a clock: text frames and time go in, text
 * frames, stanzas and the end come out. Each state accepts its own elements; anything else is one stream error, then the
 * end.
 *
 *     opening ─<open>→ authenticating ─<auth>→ reopening ─<open>→ binding ─<bind>→ bound
 *        └──────────────┴────────────── error, <close>, deadline ──┴──────────────┴──→ ended
 */
import { child, el, NS, parseJid, parseXml, serialize, textOf, XmlError } from '@parley/protocol'
import type { XmlElement, XmlLimits } from '@parley/protocol'
import { errorReply, isRequest, resultReply } from './stanza-error.ts'
import { findStanzaFault, hasStreamElement } from './stanza.ts'
import { type Rate, TokenBucket } from './token-bucket.ts'

export interface StreamOptions {
  /** Domain that the stream must be opened to, and of the addresses given out. */
  readonly domain: string
  /** A random UUID (RFC 9562): stream ids, anonymous users' names. */
  readonly randomUuid: () => string
  readonly limits?: Partial<StreamLimits>
}

export interface StreamLimits {
  readonly xml: XmlLimits
  /** From the first byte to a bound resource. */
  readonly bindTimeoutMs: number
  readonly maxAuthAttempts: number
  /** Frames. The stock client answers one query per newcomer, so bursts are as large as rooms. */
  readonly stanzaRate: Rate
  /** UTF-16 code units of frames. */
  readonly sizeRate: Rate
}

export const defaultStreamLimits: StreamLimits = {
  xml: { maxLength: 262_144, maxDepth: 32, maxElements: 10_000 },
  bindTimeoutMs: 15_000,
  maxAuthAttempts: 3,
  stanzaRate: { perSecond: 100, burst: 1000 },
  sizeRate: { perSecond: 524_288, burst: 4_194_304 },
}

/** Conditions of RFC 6120 §4.9.3 that a client can meet here. */
export type StreamErrorCondition =
  | 'conflict'
  | 'connection-timeout'
  | 'host-unknown'
  | 'internal-server-error'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'resource-constraint'
  | 'restricted-xml'
  | 'system-shutdown'
  | 'unsupported-encoding'
  | 'unsupported-stanza-type'
  | 'unsupported-version'

export type StreamOutput =
  /** Write one text frame. */
  | { readonly kind: 'transmit'; readonly text: string }
  /** The resource is bound: from now on stanzas to `jid` belong to this stream. Comes before the bind result. */
  | { readonly kind: 'bound'; readonly jid: string }
  /** Route a stanza of the client; its `from` is the bound address. */
  | { readonly kind: 'stanza'; readonly stanza: XmlElement }
  /** The stream is over: route nothing to it. Last output; `socket` says how to close the WebSocket, if it is open. */
  | { readonly kind: 'ended'; readonly reason: StreamErrorCondition | 'closed' | 'lost'; readonly socket?: SocketClose }

/** WebSocket close code (RFC 6455 §7.4) and reason. */
export interface SocketClose {
  readonly code: number
  readonly reason: string
}

type State = 'opening' | 'authenticating' | 'reopening' | 'binding' | 'bound' | 'ended'

export class ClientStream {
  readonly #options: StreamOptions
  readonly #limits: StreamLimits
  readonly #bindDeadlineMs: number
  readonly #stanzas: TokenBucket
  readonly #sizes: TokenBucket
  readonly #outputs: StreamOutput[] = []
  #state: State = 'opening'
  #hasOpened = false
  #authAttempts = 0
  #node = ''
  #jid = ''

  constructor(now: number, options: StreamOptions) {
    this.#options = options
    this.#limits = { ...defaultStreamLimits, ...options.limits }
    this.#bindDeadlineMs = now + this.#limits.bindTimeoutMs
    this.#stanzas = new TokenBucket(now, this.#limits.stanzaRate)
    this.#sizes = new TokenBucket(now, this.#limits.sizeRate)
  }

  /** Bound full address, `''` before. */
  get jid(): string {
    return this.#jid
  }

  get isEnded(): boolean {
    return this.#state === 'ended'
  }

  /** A text frame arrived. */
  receiveText(now: number, text: string): void {
    if (this.#state === 'ended') return
    if (!this.#stanzas.take(now, 1) || !this.#sizes.take(now, text.length)) {
      return this.fail('policy-violation', 'too much traffic')
    }
    let element: XmlElement
    try {
      element = parseXml(text, this.#limits.xml)
    } catch (error) {
      if (error instanceof XmlError) return this.fail(error.reason, error.message)
      throw error
    }
    this.#receive(element)
  }

  /** A binary frame arrived: XMPP is text (RFC 7395 §3.2). */
  receiveBinary(): void {
    this.fail('unsupported-encoding', 'binary frames are not XMPP', 1003)
  }

  /** Write a stanza to the client; ignored unless the resource is bound. */
  deliver(stanza: XmlElement): void {
    if (this.#state === 'bound') this.#write(stanza)
  }

  /** Time has come: see {@link deadline}. */
  handleTimeout(now: number): void {
    const deadline = this.deadline()
    if (deadline && now >= deadline.at) this.fail('connection-timeout', 'no resource was bound in time')
  }

  deadline(): { readonly at: number; readonly reason: 'bind' } | undefined {
    if (this.#state === 'bound' || this.#state === 'ended') return undefined
    return { at: this.#bindDeadlineMs, reason: 'bind' }
  }

  /** The socket is gone. */
  handleSocketClosed(): void {
    this.#end('lost')
  }

  /** End the stream with an error that the client can read (RFC 7395 §3.5). */
  fail(condition: StreamErrorCondition, text: string, code = 1008): void {
    if (this.#state === 'ended') return
    if (!this.#hasOpened) this.#writeOpen()
    this.#write(
      el('error', NS.streams, {}, el(condition, NS.streamErrors), el('text', NS.streamErrors, {}, text.slice(0, 300))),
    )
    this.#outputs.push({ kind: 'transmit', text: closeFrame })
    this.#end(condition, { code, reason: condition })
  }

  poll(): StreamOutput | undefined {
    return this.#outputs.shift()
  }

  #receive(element: XmlElement): void {
    if (element.ns === NS.framing && element.name === 'close') {
      this.#outputs.push({ kind: 'transmit', text: closeFrame })
      return this.#end('closed', { code: 1000, reason: 'stream closed' })
    }
    if (element.name === 'open' && (this.#state === 'opening' || this.#state === 'reopening')) {
      return this.#open(element)
    }
    switch (this.#state) {
      case 'opening':
        return this.fail(element.name === 'stream' ? 'invalid-namespace' : 'not-authorized', 'expected <open>')
      case 'authenticating':
        return this.#authenticate(element)
      case 'reopening':
        return this.fail('not-authorized', 'expected <open> after authentication')
      case 'binding':
        return this.#bind(element)
      case 'bound':
        return this.#receiveStanza(element)
      case 'ended':
        return
    }
  }

  /** RFC 7395 §3.4. The features after it depend on whether the client has authenticated. */
  #open(open: XmlElement): void {
    if (open.ns !== NS.framing) return this.fail('invalid-namespace', `<open> belongs to ${NS.framing}`)
    if (parseJid(open.attrs.to ?? '')?.domain !== this.#options.domain) {
      return this.fail('host-unknown', `this is ${this.#options.domain}`)
    }
    if (!/^1\.\d+$/.test(open.attrs.version ?? '')) return this.fail('unsupported-version', 'version must be 1.0')
    this.#writeOpen()
    if (this.#state === 'opening') {
      this.#state = 'authenticating'
      const mechanism = el('mechanism', NS.sasl, {}, 'ANONYMOUS')
      this.#write(el('features', NS.streams, {}, el('mechanisms', NS.sasl, {}, mechanism)))
    } else {
      this.#state = 'binding'
      this.#write(el('features', NS.streams, {}, el('bind', NS.bind)))
    }
  }

  /** SASL ANONYMOUS (RFC 4505): the name is a random UUID, from which the client derives its nick. */
  #authenticate(element: XmlElement): void {
    if (element.ns !== NS.sasl) return this.#refuseElement(element)
    if (++this.#authAttempts > this.#limits.maxAuthAttempts) {
      return this.fail('policy-violation', 'too many attempts to authenticate')
    }
    if (element.name === 'abort') return this.#failAuth('aborted')
    if (element.name !== 'auth') return this.#failAuth('malformed-request')
    if (element.attrs.mechanism !== 'ANONYMOUS') return this.#failAuth('invalid-mechanism')
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(textOf(element).trim())) return this.#failAuth('incorrect-encoding')
    this.#node = this.#options.randomUuid().toLowerCase()
    this.#state = 'reopening'
    this.#write(el('success', NS.sasl))
  }

  #failAuth(condition: string): void {
    this.#write(el('failure', NS.sasl, {}, el(condition, NS.sasl)))
  }

  /** RFC 6120 §7. */
  #bind(element: XmlElement): void {
    const bind = element.ns === NS.client && element.name === 'iq' ? child(element, 'bind', NS.bind) : undefined
    if (!bind || element.attrs.type !== 'set') return this.#refuseElement(element)
    const fault = findStanzaFault(element)
    if (fault) return this.#write(errorReply(element, fault))
    const wanted = textOf(child(bind, 'resource', NS.bind))
    const resource = wanted === '' ? this.#options.randomUuid().replaceAll('-', '').slice(0, 16) : wanted
    const jid = `${this.#node}@${this.#options.domain}/${resource}`
    if (!parseJid(jid)) return this.#write(errorReply(element, { condition: 'bad-request', text: 'bad resource' }))
    this.#jid = jid
    this.#state = 'bound'
    this.#outputs.push({ kind: 'bound', jid })
    const bound = el('bind', NS.bind, {}, el('jid', NS.bind, {}, jid))
    this.#write(el('iq', NS.client, { type: 'result', id: element.attrs.id }, bound))
  }

  #receiveStanza(stanza: XmlElement): void {
    if (stanza.ns !== NS.client || !stanzaNames.has(stanza.name)) return this.#refuseElement(stanza)
    if (hasStreamElement(stanza)) return this.fail('invalid-namespace', 'a stanza cannot contain stream elements')
    const { from } = stanza.attrs
    const bare = this.#jid.slice(0, this.#jid.indexOf('/'))
    if (from !== undefined && from !== this.#jid && from !== bare)
      return this.fail('invalid-from', `you are ${this.#jid}`)
    const addressed = { ...stanza, attrs: { ...stanza.attrs, from: this.#jid } }
    const fault = findStanzaFault(addressed)
    if (fault) {
      // an IQ without a usable type is answered too: its sender waits
      if (!typesNotAnswered.has(stanza.attrs.type ?? '')) this.#write(errorReply(addressed, fault))
      return
    }
    if (isRequest(stanza) && child(stanza, 'bind', NS.bind)) {
      return this.#write(errorReply(addressed, { condition: 'not-allowed', text: 'a resource is bound already' }))
    }
    if (isRequest(stanza) && stanza.attrs.to === undefined && child(stanza, 'session', sessionNs)) {
      return this.#write(resultReply(addressed))
    }
    this.#outputs.push({ kind: 'stanza', stanza: addressed })
  }

  #refuseElement(element: XmlElement): void {
    if (stanzaNames.has(element.name) && element.ns !== NS.client) {
      return this.fail('invalid-namespace', `<${element.name}> belongs to ${NS.client}`)
    }
    if (this.#state !== 'bound') return this.fail('not-authorized', `<${element.name}> is too early`)
    this.fail('unsupported-stanza-type', `<${element.name}> is not expected here`)
  }

  #writeOpen(): void {
    this.#hasOpened = true
    const { domain, randomUuid } = this.#options
    this.#write(el('open', NS.framing, { from: domain, id: randomUuid(), version: '1.0', 'xml:lang': 'en' }))
  }

  #write(element: XmlElement): void {
    this.#outputs.push({ kind: 'transmit', text: serialize(element) })
  }

  #end(reason: StreamErrorCondition | 'closed' | 'lost', socket?: SocketClose): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#outputs.push(socket ? { kind: 'ended', reason, socket } : { kind: 'ended', reason })
  }
}

/** The stock client knows a graceful close by exactly this spelling. */
const closeFrame = `<close xmlns="${NS.framing}" />`
const stanzaNames: ReadonlySet<string> = new Set(['iq', 'message', 'presence'])
const typesNotAnswered: ReadonlySet<string> = new Set(['error', 'result'])
/** Obsolete (RFC 3921 §3), not offered, harmless to grant. */
const sessionNs = 'urn:ietf:params:xml:ns:xmpp-session'
