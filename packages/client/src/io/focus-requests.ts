/** What the focus asks of us: Jingle and mutes. Every request is answered, with the condition that fits when it is refused. */
import { child, el, JingleError, type MediaKind, NS, parseJid, textOf, type XmlElement } from '@parley/protocol'
import { mutedKind } from '../moderation.ts'

export interface FocusRequestsOptions {
  readonly send: (stanza: XmlElement) => void
  /** @throws JingleError with the condition to answer */
  readonly onJingle: (jingle: XmlElement) => void
  readonly onMute: (kind: MediaKind | 'desktop', actorId: string | undefined) => void
  readonly onWarning: (message: string, cause: unknown) => void
}

export class FocusRequests {
  readonly #options: FocusRequestsOptions

  constructor(options: FocusRequestsOptions) {
    this.#options = options
  }

  /** @param iq of type get or set from the focus's own address. Returns false, and sends nothing, when it is not understood. */
  handle(iq: XmlElement): boolean {
    const jingle = child(iq, 'jingle', NS.jingle)
    if (jingle) this.#handleJingle(iq, jingle)
    return jingle !== undefined || this.#handleMute(iq)
  }

  #handleJingle(iq: XmlElement, jingle: XmlElement): void {
    try {
      this.#options.onJingle(jingle)
    } catch (error) {
      this.#options.onWarning('the focus asked for something impossible', error)
      return this.#answer(iq, error instanceof JingleError ? error : new JingleError('bad-request', String(error)))
    }
    this.#answer(iq, undefined)
  }

  /** Nobody is unmuted from afar: any word but `true` is not understood. */
  #handleMute(iq: XmlElement): boolean {
    const mute = child(iq, 'mute')
    const kind = mute && mutedKind(mute.ns)
    if (!mute || !kind || textOf(mute) !== 'true') return false
    this.#answer(iq, undefined)
    this.#options.onMute(kind, parseJid(mute.attrs.actor ?? '')?.resource || undefined)
    return true
  }

  #answer(iq: XmlElement, error: JingleError | undefined): void {
    const attrs = { type: error ? 'error' : 'result', to: iq.attrs.from, id: iq.attrs.id }
    const unknownSession = error?.reason === 'item-not-found' ? el('unknown-session', NS.jingleErrors) : undefined
    const condition = error && el(error.reason, NS.stanzas)
    const payload = error && el('error', NS.client, { type: 'cancel' }, condition, unknownSession)
    this.#options.send(el('iq', NS.client, attrs, payload))
  }
}
