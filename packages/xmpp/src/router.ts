/**
 * Who gets a stanza. Everything that has an address (a client's stream, a multi-user chat service, the focus) attaches to
 * the router under it and then sends and receives stanzas, never knowing what is at the other end.
 */
import type { XmlElement } from '@parley/protocol'

/** One attached address. */
export interface Attachment {
  /** Address as attached. */
  readonly jid: string
  /** Route a stanza; `from` is set by the router to the attached address unless the attachment owns the whole domain. */
  send(stanza: XmlElement): void
  /** Idempotent. */
  close(): void
}

export interface Router {
  /** Own a domain: every stanza to it, to its nodes and to their resources. @throws RouterError `conflict` */
  attachDomain(domain: string, onStanza: (stanza: XmlElement) => void): Attachment
  /** Own one full address. @throws RouterError `conflict` */
  attachUser(fullJid: string, onStanza: (stanza: XmlElement) => void): Attachment
}
