/**
 * The COLIBRI WebSocket to the bridge: wishes go out, facts come in. Opens itself again after 1, 2, 4 … 60 s until closed, and
 * then says everything again that the bridge must know.
 */
import {
  type BridgeColibriMessage,
  type ClientColibriMessage,
  decodeBridgeColibri,
  encodeColibri,
} from '@parley/protocol'
import { BackOff } from '../back-off.ts'
import type { Platform, SocketLike } from '../platform.ts'

export interface BridgeChannelOptions {
  readonly platform: Platform
  /** Taken from the offer as it is. */
  readonly url: string
  /** What to say first on every socket, constraints foremost: until then the bridge sends no video. */
  readonly greeting: () => readonly ClientColibriMessage[]
  readonly onMessage: (message: BridgeColibriMessage) => void
  readonly onWarning: (message: string, cause: unknown) => void
}

export class BridgeChannel {
  readonly #options: BridgeChannelOptions
  readonly #backOff = new BackOff(1000, 60_000)
  #socket: SocketLike | undefined
  #cancelRetry: (() => void) | undefined
  #isClosed = false
  #badMessages = 0

  constructor(options: BridgeChannelOptions) {
    this.#options = options
    this.#open()
  }

  /** Returns false when the channel is down or too far behind: the message is lost, or will be part of the greeting. */
  send(message: ClientColibriMessage): boolean {
    const socket = this.#socket
    if (socket?.readyState !== socketOpen || socket.bufferedAmount > maxBacklog) return false
    socket.send(encodeColibri(message))
    return true
  }

  /** Idempotent. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelRetry?.()
    this.#detach()?.close(1000)
  }

  #open(): void {
    const { platform, url, greeting } = this.#options
    let socket: SocketLike
    try {
      socket = platform.createSocket(url, undefined)
    } catch (error) {
      // a URL the browser refuses today it refuses tomorrow
      return this.#options.onWarning(`the bridge's channel address is of no use: ${url}`, error)
    }
    this.#socket = socket
    socket.onopen = () => {
      this.#backOff.reset()
      for (const message of greeting()) socket.send(encodeColibri(message))
    }
    socket.onmessage = (event: { readonly data: unknown }) => this.#handleFrame(event.data)
    socket.onclose = (event: { readonly code?: number }) => {
      this.#detach()
      this.#retry(event.code)
    }
  }

  #retry(code: number | undefined): void {
    const delayMs = this.#backOff.next()
    this.#options.onWarning(`the bridge channel closed (${code ?? 'no code'}); again in ${delayMs / 1000} s`, undefined)
    this.#cancelRetry = this.#options.platform.clock.setTimer(delayMs, () => this.#open())
  }

  #handleFrame(data: unknown): void {
    if (typeof data !== 'string') return
    const decoded = decodeBridgeColibri(data)
    if (decoded.ok) return this.#options.onMessage(decoded.message)
    // said a few times, not for every message of a bridge that speaks a newer dialect
    if (++this.#badMessages <= 5)
      this.#options.onWarning(`the bridge sent a message we cannot read: ${decoded.error.message}`, decoded.error)
  }

  /** The socket, deaf from now on. */
  #detach(): SocketLike | undefined {
    const socket = this.#socket
    this.#socket = undefined
    if (socket) socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null
    return socket
  }
}

const socketOpen = 1
/** Bytes waiting in the socket above which messages are dropped. */
const maxBacklog = 1_000_000
