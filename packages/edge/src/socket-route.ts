/**
 * How a role offers a WebSocket to the outside without knowing one: a route decides about each request before the upgrade,
 * and talks through a channel after it.
 */

export interface SocketRoute {
  /** `exact`: the path itself. `prefix`: everything below it; the path ends with `/`. */
  readonly match: 'exact' | 'prefix'
  readonly path: string
  /** The request must offer it, the answer selects it (RFC 6455 §1.9). */
  readonly subProtocol?: string
  /** Answer to a GET without upgrade. `ok` serves clients that keep their session warm that way. */
  readonly plainGet: 'ok' | 'upgrade-required'
  /** A longer message closes the socket with 1009. */
  readonly maxMessageBytes: number
  /** A peer that reads so slowly that more than this waits for it is cut off. */
  readonly maxBufferedBytes: number
  /**
   * Pause between pings. A peer that left two of them without any sign of life is dead, so it takes at most three pauses
   * until a lost peer is noticed.
   */
  readonly pingIntervalMs: number
  /** Called before the upgrade. Returns at once. */
  authorize(request: UpgradeRequest): Admission
}

export interface UpgradeRequest {
  readonly path: string
  readonly query: URLSearchParams
  /** `https://host[:port]` as the peer addressed us. */
  readonly origin: string
  readonly remoteAddress: string
}

export type Admission =
  | { readonly kind: 'admitted'; open(channel: Channel): ChannelHandler }
  | { readonly kind: 'refused'; readonly status: 400 | 401 | 403 | 404 | 429 | 503; readonly message: string }

/** One open WebSocket, as its role sees it. */
export interface Channel {
  /** Queued, in order. Nothing happens after the end. */
  send(text: string): void
  /** Idempotent. `code` is 1000 (the default), 1001, 1008, 1011 or 3000–4999 (RFC 6455 §7.4); `reason` is cut at 123 bytes. */
  close(code?: number, reason?: string): void
  /** Bytes that wait for the peer. */
  bufferedBytes(): number
}

/** What the role does with what arrives. One that throws loses its channel (1011). */
export interface ChannelHandler {
  onText(text: string): void
  onBinary(bytes: Uint8Array): void
  /** Once, whoever ended it; `code` 1006 = the connection was lost. */
  onClose(code: number, reason: string): void
}
