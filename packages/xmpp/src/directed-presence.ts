/**
 * Where one user is present by directed presence (RFC 6121 §4.6): the addresses that must hear when the user is gone.
 */
import { el, NS, type XmlElement } from '@parley/protocol'

export class DirectedPresence {
  /** Address → whether it has answered with available presence (a joined room); a refusal forgets only one that has not. */
  readonly #targets = new Map<string, boolean>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Note a presence that the user sends to `to`. `false` when it is one address too many. */
  noteSent(stanza: XmlElement, to: string): boolean {
    const type = stanza.attrs.type
    if (type === 'unavailable') this.#targets.delete(to)
    else if (type === undefined && !this.#targets.has(to)) {
      if (this.#targets.size >= this.#limit) return false
      this.#targets.set(to, false)
    }
    return true
  }

  /** Note a presence that the user receives: a room that refused or removed the user need not hear of the user's end. */
  noteReceived(stanza: XmlElement): void {
    const { from = '', type } = stanza.attrs
    if (!this.#targets.has(from)) return
    if (type === undefined) this.#targets.set(from, true)
    else if (type === 'unavailable' || (type === 'error' && !this.#targets.get(from))) this.#targets.delete(from)
  }

  /** Unavailable presence for every address, which are forgotten. */
  end(from: string): XmlElement[] {
    const stanzas = [...this.#targets.keys()].map((to) => el('presence', NS.client, { type: 'unavailable', from, to }))
    this.#targets.clear()
    return stanzas
  }
}
