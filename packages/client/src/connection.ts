/** A logged-in stream to the server. */
import type { AudioSettings } from './audio-settings.ts'
import type { Conference, JoinOptions } from './conference.ts'
import type { Subscribable } from './emitter.ts'
import type { ConnectionEvents, ConnectionState } from './events.ts'
import type { Platform } from './platform.ts'

export interface ConnectOptions {
  /** `wss://meet.example/xmpp-websocket`; query parameters are kept. */
  readonly serviceUrl: string
  /** XMPP domain, `meet.example` (`config.hosts.domain`). */
  readonly domain: string
  /** Multi-user chat service (`config.hosts.muc`). */
  readonly mucDomain: string
  /** Conference requests go here (`config.hosts.focus`). Default `focus.<domain>`. */
  readonly focusDomain?: string
  /** JSON Web Token, sent as the `token` query parameter. */
  readonly token?: string
  readonly audio?: AudioSettings
  /** Gives up connecting. */
  readonly signal?: AbortSignal
  /** Replaces parts of the browser: sockets, timers, randomness, peer connections. For tests and other run-times. */
  readonly platform?: Partial<Platform>
}

export interface Connection extends Subscribable<ConnectionEvents> {
  /** Full address given by the server. */
  readonly jid: string
  readonly state: ConnectionState
  /**
   * Enter a room; returns once inside. One conference per connection at a time.
   * @throws ClientError `join-refused` (condition `not-authorized`: password; `registration-required`: members only;
   *   `service-unavailable`: full; `not-allowed`), `refused`, `timeout`, `aborted`, `closed`
   */
  join(options: JoinOptions): Promise<Conference>
  /** Leaves the room, if any, and closes the stream. Idempotent; at most 8 s. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
