/** A stream on its WebSocket: questions and answers, the sign of life, and the one conference that lives on it. */
import { child, el, NS, parseJid, type XmlElement } from '@parley/protocol'
import { answerDiscoInfo, capsVersion, featuresWith } from '../capabilities.ts'
import type { Conference, JoinOptions } from '../conference.ts'
import type { Connection, ConnectOptions } from '../connection.ts'
import { Emitter, type Listener } from '../emitter.ts'
import { ClientError } from '../errors.ts'
import type { ConnectionEvents, ConnectionState } from '../events.ts'
import { IqTracker } from '../iq-tracker.ts'
import { KeepAlive } from '../keep-alive.ts'
import type { Platform, SocketLike } from '../platform.ts'
import { XmppStream } from '../xmpp-stream.ts'
import { ConferenceSession } from './conference-session.ts'

export class ClientConnection implements Connection {
  readonly #options: ConnectOptions
  readonly #platform: Platform
  readonly #socket: SocketLike
  readonly #stream: XmppStream
  readonly #iqs: IqTracker
  readonly #emitter = new Emitter<ConnectionEvents>((error) =>
    console.error('a listener of the connection threw', error),
  )
  readonly #bound: Promise<void>
  #settleBound: { readonly resolve: () => void; readonly reject: (error: ClientError) => void } | undefined
  #keepAlive: KeepAlive | undefined
  #ignoreNetwork: (() => void) | undefined
  #conference: ConferenceSession | undefined
  #jid = ''
  #isClosed = false

  /** @throws ClientError `bad-argument` when the browser refuses the address */
  constructor(options: ConnectOptions, platform: Platform) {
    this.#options = options
    this.#platform = platform
    this.#bound = new Promise((resolve, reject) => {
      this.#settleBound = { resolve, reject }
    })
    // whoever waits hears of it; when nobody does, `closed` says it
    this.#bound.catch(() => undefined)
    this.#stream = new XmppStream(options.domain, {
      onSend: (text) => this.#socket.send(text),
      onBound: (jid) => this.#handleBound(jid),
      onStanza: (stanza) => this.#handleStanza(stanza),
      onEnded: (error) => this.#end(error),
    })
    this.#iqs = new IqTracker(platform.clock, (stanza) => this.#stream.send(stanza))
    this.#socket = this.#openSocket()
  }

  get #features(): readonly string[] {
    return featuresWith(this.#options.audio ?? {})
  }

  get jid(): string {
    return this.#jid
  }

  get state(): ConnectionState {
    return this.#isClosed ? 'closed' : 'connected'
  }

  /** Resolves when logged in. @throws ClientError `unreachable`, `not-authorized`, `protocol` */
  bound(): Promise<void> {
    return this.#bound
  }

  subscribe<K extends keyof ConnectionEvents>(event: K, listener: Listener<ConnectionEvents[K]>): () => void {
    return this.#emitter.subscribe(event, listener)
  }

  async join(options: JoinOptions): Promise<Conference> {
    const version = await capsVersion(this.#platform.sha1, this.#features)
    // no await from here until the conference is ours: two joins at once must not both pass
    if (this.#isClosed) throw new ClientError('closed', 'the connection is closed')
    if (this.#conference) throw new ClientError('bad-argument', `still in ${this.#conference.room}: leave first`)
    const { mucDomain, domain, focusDomain = `focus.${domain}`, token } = this.#options
    const room = `${options.room.trim().toLowerCase()}@${mucDomain}`
    const parsed = parseJid(room)
    if (!parsed?.node || parsed.resource)
      throw new ClientError('bad-argument', `"${options.room}" cannot be a room's name`)
    const conference = new ConferenceSession({
      platform: this.#platform,
      port: {
        jid: this.#jid,
        send: (stanza) => this.#stream.send(stanza),
        request: (iq, timeoutMs) => this.#iqs.request(iq, timeoutMs),
        checkLiveness: () => this.#keepAlive?.check(questionsWhenMediaIsLost),
      },
      room,
      focusDomain,
      capsVersion: version,
      token,
      audio: this.#options.audio ?? {},
      join: options,
      onEnded: () => {
        if (this.#conference === conference) this.#conference = undefined
      },
    })
    this.#conference = conference
    await conference.enter()
    return conference
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    await this.#conference?.leave()
    this.#stream.close()
    this.#end(undefined)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Give up at once. */
  destroy(error: ClientError): void {
    this.#end(error)
  }

  #openSocket(): SocketLike {
    const { serviceUrl, token } = this.#options
    let socket: SocketLike
    try {
      const url = new URL(serviceUrl)
      if (token !== undefined) url.searchParams.set('token', token)
      socket = this.#platform.createSocket(url.href, 'xmpp')
    } catch (error) {
      throw new ClientError('bad-argument', `"${serviceUrl}" is not the address of a WebSocket`, { cause: error })
    }
    socket.onopen = () => this.#stream.start()
    socket.onmessage = (event: { readonly data: unknown }) => {
      this.#keepAlive?.heard()
      if (typeof event.data === 'string') this.#stream.handleText(event.data)
    }
    socket.onclose = (event: { readonly code?: number }) => {
      this.#stream.handleSocketClosed(`the connection to ${serviceUrl} closed (${event.code ?? 'no code'})`)
    }
    return socket
  }

  #handleBound(jid: string): void {
    this.#jid = jid
    this.#keepAlive = new KeepAlive({
      clock: this.#platform.clock,
      domain: this.#options.domain,
      request: (iq, timeoutMs) => this.#iqs.request(iq, timeoutMs),
      onDead: () => this.#end(new ClientError('unreachable', 'the server does not answer any more')),
    })
    this.#ignoreNetwork = this.#platform.onNetworkChange?.(() => this.#keepAlive?.check(questionsAfterNetworkChange))
    this.#settleBound?.resolve()
  }

  #handleStanza(stanza: XmlElement): void {
    const { type, from = '' } = stanza.attrs
    if (stanza.name === 'iq' && (type === 'result' || type === 'error')) return this.#iqs.handleAnswer(stanza)
    const isOurRoom = this.#conference !== undefined && from.split('/')[0]?.toLowerCase() === this.#conference.room
    if (stanza.name !== 'iq') {
      if (isOurRoom) this.#conference?.handleStanza(stanza)
      return
    }
    const answer = answerDiscoInfo(stanza, this.#features) ?? answerPing(stanza)
    if (answer) return this.#stream.send(answer)
    if (isOurRoom && this.#conference?.handleStanza(stanza)) return
    this.#stream.send(notUnderstood(stanza))
  }

  #end(error: ClientError | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const closed = error ?? new ClientError('closed', 'the connection is closed')
    this.#keepAlive?.close()
    this.#ignoreNetwork?.()
    this.#iqs.close(closed)
    this.#stream.handleSocketClosed(closed.message)
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = this.#socket.onerror = null
    this.#socket.close(1000)
    this.#settleBound?.reject(closed)
    this.#conference?.handleConnectionLost(error)
    this.#emitter.emit('closed', error)
  }
}

/** A stream may well outlive a gap of ten seconds, and TCP needs some more of them to notice its end. */
const questionsWhenMediaIsLost = 3
const questionsAfterNetworkChange = 2

function answerPing(iq: XmlElement): XmlElement | undefined {
  if (iq.attrs.type !== 'get' || !child(iq, 'ping', NS.ping)) return undefined
  return el('iq', NS.client, { type: 'result', to: iq.attrs.from, id: iq.attrs.id })
}

/** Nobody waits in vain (RFC 6120 §8.2.3). */
function notUnderstood(iq: XmlElement): XmlElement {
  const error = el('error', NS.client, { type: 'cancel' }, el('service-unavailable', NS.stanzas))
  return el('iq', NS.client, { type: 'error', to: iq.attrs.from, id: iq.attrs.id }, error)
}
