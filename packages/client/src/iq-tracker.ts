/** Our questions to others (RFC 6120 §8.2.3): every one ends in an answer, a refusal or a deadline. */
import { child, childElements, NS, textOf, withAttrs, type XmlElement } from '@parley/protocol'
import { ClientError } from './errors.ts'
import type { Clock } from './platform.ts'

interface Pending {
  readonly what: string
  readonly to: string
  readonly resolve: (answer: XmlElement) => void
  readonly reject: (error: ClientError) => void
  readonly cancelTimer: () => void
}

export class IqTracker {
  readonly #clock: Clock
  readonly #send: (stanza: XmlElement) => void
  readonly #pending = new Map<string, Pending>()
  #nextId = 1
  #closedBy: ClientError | undefined

  constructor(clock: Clock, send: (stanza: XmlElement) => void) {
    this.#clock = clock
    this.#send = send
  }

  /**
   * Send an `iq` of type get or set; its id is set here. Resolves with the result stanza.
   * @throws ClientError `refused` with the condition, `timeout`, `closed`
   */
  request(iq: XmlElement, timeoutMs: number): Promise<XmlElement> {
    const to = iq.attrs.to ?? 'the server'
    const payload = childElements(iq)[0]
    const what = payload ? (payload.attrs.action ?? payload.name) : 'iq'
    if (this.#closedBy) return Promise.reject(this.#closedBy)
    if (this.#pending.size >= maxPending) {
      return Promise.reject(new ClientError('refused', `${maxPending} questions are waiting for answers already`))
    }
    const id = `q${this.#nextId++}`
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#clock.setTimer(timeoutMs, () => {
        this.#pending.delete(id)
        reject(new ClientError('timeout', `${to} did not answer ${what} within ${timeoutMs / 1000} s`))
      })
      this.#pending.set(id, { what, to, resolve, reject, cancelTimer })
      try {
        this.#send(withAttrs(iq, { id }))
      } catch (error) {
        this.#take(id)
        reject(error as ClientError)
      }
    })
  }

  /** Give it every `iq` of type result or error. Answers nobody waits for are ignored: their deadline has passed. */
  handleAnswer(iq: XmlElement): void {
    const pending = this.#take(iq.attrs.id ?? '')
    if (!pending) return
    if (iq.attrs.type === 'result') pending.resolve(iq)
    else pending.reject(refusal(iq, `${pending.to} refused ${pending.what}`))
  }

  /** Everything pending and everything later fails with `error`. Idempotent. */
  close(error: ClientError): void {
    this.#closedBy ??= error
    for (const id of [...this.#pending.keys()]) this.#take(id)?.reject(error)
  }

  #take(id: string): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    pending?.cancelTimer()
    return pending
  }
}

/** The error that a stanza of type `error` carries, as ours. */
export function refusal(stanza: XmlElement, what: string): ClientError {
  const error = child(stanza, 'error')
  const condition = error && childElements(error, undefined, NS.stanzas).find((node) => node.name !== 'text')?.name
  const text = error && textOf(child(error, 'text'))
  const message = `${what}: ${condition ?? 'no reason given'}${text ? ` (${text})` : ''}`
  return new ClientError('refused', message, condition === undefined ? {} : { condition })
}

const maxPending = 256
