/**
 * Who gets a stanza. Everything that has an address (a client's stream, a multi-user chat service, the focus) attaches to
 * the router under it and then sends and receives stanzas, never knowing what is at the other end.
 */
import type { XmlElement } from '@parley/protocol'

/** One attached address. */
export interface Attachment {
  /** Address as attached, normalised. */
  readonly jid: string
  /**
   * Route a stanza; `from` is set by the router to the attached address unless the attachment owns the whole domain (then
   * `from` is kept if it lies in that domain). Returns before anybody has received it: receiving never happens inside
   * `send`. After `close` it does nothing.
   */
  send(stanza: XmlElement): void
  /**
   * Idempotent. Whoever got available presence from this address and no unavailable one since gets one now
   * (RFC 6121 §4.6.3), which is how a lost connection leaves its rooms.
   */
  close(): void
}

export interface UserOptions {
  /** Most addresses that this user may be present at; one more is refused with `resource-constraint`. */
  readonly maxDirectedPresences?: number
}

export interface Router {
  /** Own a domain: every stanza to it, to its nodes and to their resources. @throws RouterError `conflict` */
  attachDomain(domain: string, onStanza: (stanza: XmlElement) => void): Attachment
  /** Own one full address, also inside an owned domain. @throws RouterError `conflict` */
  attachUser(fullJid: string, onStanza: (stanza: XmlElement) => void, options?: UserOptions): Attachment
}
