/** What a conference needs of the stream it lives on. */
import type { XmlElement } from '@parley/protocol'

export interface StanzaPort {
  /** Our full address. */
  readonly jid: string
  /** @throws ClientError `closed` */
  send(stanza: XmlElement): void
  /** @throws ClientError `refused`, `timeout`, `closed` */
  request(iq: XmlElement, timeoutMs: number): Promise<XmlElement>
  /** Something says that the network is in trouble: find out at once whether the stream still works. */
  checkLiveness(): void
}
