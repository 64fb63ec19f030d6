/** What a conference needs of the stream it lives on. */
import type { XmlElement } from '@parley/protocol'

export interface StanzaPort {
  /** Our full address. */
  readonly jid: string
  /** @throws ClientError `closed` */
  send(stanza: XmlElement): void
  /** @throws ClientError `refused`, `timeout`, `closed` */
  request(iq: XmlElement, timeoutMs: number): Promise<XmlElement>
}
