/**
 * One endpoint's COLIBRI channel over one socket: decodes what comes in, within a rate, and sends what goes out, within a
 * backlog. Nothing that a client sends closes it; a reader that does not read does.
 */
import { decodeClientColibri, encodeColibri } from '@parley/protocol'
import type { BridgeColibriMessage, ClientColibriMessage } from '@parley/protocol'
import type { Log } from './log.ts'
import type { Timers } from './timers.ts'
import { TokenBucket } from './token-bucket.ts'

/** A WebSocket that the edge has accepted. Pings and the idle timeout are the edge's. */
export interface ChannelSocket {
  /** One text frame. */
  send(text: string): void
  close(code: number, reason: string): void
  /** Bytes accepted by `send` that have not left yet. */
  bufferedBytes(): number
}

/** What the edge tells of the socket. Nothing may follow `onClose`. */
export interface ChannelHandlers {
  onText(text: string): void
  onBinary(sizeBytes: number): void
  onClose(): void
}

export interface ChannelOptions {
  readonly socket: ChannelSocket
  readonly timers: Timers
  readonly log: Log
  readonly counters: ChannelCounters
  readonly onMessage: (message: ClientColibriMessage) => void
  /** Once, whoever closes it. */
  readonly onClosed: () => void
}

/** Of all channels of a bridge since its start. */
export interface ChannelCounters {
  messagesReceived: number
  messagesSent: number
  /** Not a message that we know. */
  messagesRefused: number
  /** Beyond the rate. */
  messagesDropped: number
  /** Channels closed because their reader fell behind. */
  slowReaders: number
}

export class Channel implements ChannelHandlers {
  readonly #options: ChannelOptions
  readonly #messages: TokenBucket
  readonly #characters: TokenBucket
  readonly #complaints: TokenBucket
  #silencedComplaints = 0
  #isOpen = true

  constructor(options: ChannelOptions) {
    this.#options = options
    const now = options.timers.now()
    this.#messages = new TokenBucket(now, messageRate)
    this.#characters = new TokenBucket(now, characterRate)
    this.#complaints = new TokenBucket(now, { capacity: 1, perSecond: 0.1 })
  }

  send(message: BridgeColibriMessage): void {
    this.sendText(encodeColibri(message))
  }

  /** An encoded message; the same text may go to many. */
  sendText(text: string): void {
    if (!this.#isOpen) return
    const { socket, counters, log } = this.#options
    if (socket.bufferedBytes() > maxBacklogBytes) {
      counters.slowReaders++
      log.warn({ bufferedBytes: socket.bufferedBytes() }, 'channel closed: the reader fell behind')
      this.close(1008, 'reader too slow')
      return
    }
    counters.messagesSent++
    socket.send(text)
  }

  /** Idempotent. */
  close(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#options.socket.close(code, reason)
    this.#options.onClosed()
  }

  onText(text: string): void {
    if (!this.#isOpen) return
    const { counters, timers, onMessage } = this.#options
    const now = timers.now()
    if (!this.#messages.take(now) || !this.#characters.take(now, text.length)) {
      counters.messagesDropped++
      this.#complain({ reason: 'too-fast' })
      return
    }
    const decoded = decodeClientColibri(text)
    if (!decoded.ok) {
      counters.messagesRefused++
      this.#complain({ reason: decoded.error.reason, detail: decoded.error.message })
      return
    }
    counters.messagesReceived++
    onMessage(decoded.message)
  }

  onBinary(sizeBytes: number): void {
    if (!this.#isOpen) return
    this.#options.counters.messagesRefused++
    this.#complain({ reason: 'binary', sizeBytes })
  }

  onClose(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#options.onClosed()
  }

  /** Once in ten seconds: a client that talks nonsense must not fill the log either. */
  #complain(fields: Readonly<Record<string, unknown>>): void {
    if (!this.#complaints.take(this.#options.timers.now())) {
      this.#silencedComplaints++
      return
    }
    this.#options.log.warn({ ...fields, silenced: this.#silencedComplaints }, 'channel message refused')
    this.#silencedComplaints = 0
  }
}

/** Remote control and annotations send tens of messages a second, others a few a minute. */
const messageRate = { capacity: 300, perSecond: 100 }
/** Each may be relayed to everyone in the conference. */
const characterRate = { capacity: 524_288, perSecond: 131_072 }
const maxBacklogBytes = 1_048_576
