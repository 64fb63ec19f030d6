/**
 * Drives one client stream: a WebSocket on one side, the router on the other, a timer for deadlines. Owns its attachment
 * to the router and closes it when either side ends, which takes the user out of every room.
 */
import { formatJid, parseJid } from '@parley/protocol'
import type { Log } from '../log.ts'
import type { Attachment, Router } from '../router.ts'
import { ClientStream, type StreamErrorCondition, type StreamLimits, type StreamOutput } from '../stream.ts'
import type { Clock } from './timers.ts'

/** The WebSocket as the edge shows it. */
export interface WebSocketChannel {
  /** Queue a text frame; order is kept. */
  send(text: string): void
  /** Begin the closing handshake after what was sent; the edge bounds how long that may take. */
  close(code?: number, reason?: string): void
  /** Bytes sent and not yet taken by the network. */
  bufferedBytes(): number
}

/** What the edge reports. After `onClose` it reports nothing more. */
export interface WebSocketReceiver {
  onText(text: string): void
  onBinary(): void
  onClose(): void
}

/** Query parameters of the WebSocket address; they bind the session to a room and a token. */
export interface ConnectionQuery {
  readonly room?: string | undefined
  readonly token?: string | undefined
  readonly previd?: string | undefined
}

export interface ConnectionInfo {
  readonly query: ConnectionQuery
  readonly remoteAddress: string
}

export interface WebSocketSessionOptions {
  readonly channel: WebSocketChannel
  readonly router: Router
  readonly domain: string
  readonly randomUuid: () => string
  readonly clock: Clock
  readonly log: Log
  readonly streamLimits?: Partial<StreamLimits>
  /** A client that lets more than this pile up is closed. */
  readonly maxBufferedBytes: number
  readonly maxDirectedPresences: number
  /** Called once, when the session is over. */
  readonly onEnded: () => void
}

export class WebSocketSession implements WebSocketReceiver {
  readonly #options: WebSocketSessionOptions
  readonly #stream: ClientStream
  #attachment: Attachment | undefined
  #cancelTimer: (() => void) | undefined
  #isChannelOpen = true

  constructor(options: WebSocketSessionOptions) {
    const { domain, randomUuid, streamLimits, clock } = options
    this.#options = options
    this.#stream = new ClientStream(clock.now(), { domain, randomUuid, ...(streamLimits && { limits: streamLimits }) })
    this.#arm()
  }

  onText(text: string): void {
    this.#run(() => this.#stream.receiveText(this.#options.clock.now(), text))
  }

  onBinary(): void {
    this.#run(() => this.#stream.receiveBinary())
  }

  onClose(): void {
    this.#isChannelOpen = false
    this.#run(() => this.#stream.handleSocketClosed())
  }

  /** Our own side ends the stream: the client is told why. */
  destroy(condition: StreamErrorCondition, text: string, code?: number): void {
    this.#run(() => this.#stream.fail(condition, text, code))
  }

  #run(step: () => void): void {
    try {
      step()
      this.#drain()
    } catch (error) {
      // our fault, whatever the client sent: it costs this one session
      this.#options.log.error({ err: error, jid: this.#stream.jid }, 'client stream failed')
      this.#stream.fail('internal-server-error', 'the stream failed', 1011)
      this.#drain()
    }
  }

  #drain(): void {
    for (let output = this.#stream.poll(); output; output = this.#stream.poll()) this.#perform(output)
    if (!this.#stream.deadline()) this.#disarm()
  }

  #perform(output: StreamOutput): void {
    switch (output.kind) {
      case 'transmit':
        return this.#transmit(output.text)
      case 'bound':
        return this.#attach(output.jid)
      case 'stanza':
        return this.#attachment?.send(output.stanza)
      case 'ended':
        return this.#end(output)
    }
  }

  #transmit(text: string): void {
    if (!this.#isChannelOpen) return
    const { channel, maxBufferedBytes } = this.#options
    try {
      channel.send(text)
    } catch (error) {
      this.#loseChannel(error)
    }
    if (!this.#stream.isEnded && channel.bufferedBytes() > maxBufferedBytes) {
      this.#stream.fail('resource-constraint', 'the client does not read what it is sent')
    }
  }

  #attach(jid: string): void {
    const { router, maxDirectedPresences, log } = this.#options
    const parsed = parseJid(jid)
    try {
      this.#attachment = router.attachUser(
        parsed ? formatJid(parsed) : jid,
        (stanza) => this.#run(() => this.#stream.deliver(stanza)),
        { maxDirectedPresences },
      )
      log.debug({ jid }, 'client connected')
    } catch (error) {
      log.warn({ err: error, jid }, 'address of a new client is taken')
      this.#stream.fail('conflict', 'the address is taken')
    }
  }

  #end({ reason, socket }: StreamOutput & { kind: 'ended' }): void {
    this.#disarm()
    this.#attachment?.close()
    this.#attachment = undefined
    this.#options.log.debug({ jid: this.#stream.jid, reason }, 'client disconnected')
    this.#options.onEnded()
    const isToBeClosed = socket !== undefined && this.#isChannelOpen
    this.#isChannelOpen = false
    try {
      if (isToBeClosed) this.#options.channel.close(socket.code, socket.reason)
    } catch (error) {
      this.#loseChannel(error)
    }
  }

  /** A channel that throws is as good as closed, whether or not it will still say so. */
  #loseChannel(error: unknown): void {
    this.#isChannelOpen = false
    this.#options.log.warn({ err: error, jid: this.#stream.jid }, 'WebSocket failed')
    this.#stream.handleSocketClosed()
  }

  #arm(): void {
    const { clock } = this.#options
    const deadline = this.#stream.deadline()
    if (!deadline) return
    const expire = () => {
      this.#run(() => this.#stream.handleTimeout(clock.now()))
      this.#arm() // a timer may fire a little early
    }
    this.#cancelTimer = clock.setTimer(Math.max(0, Math.ceil(deadline.at - clock.now())), expire)
  }

  #disarm(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }
}
