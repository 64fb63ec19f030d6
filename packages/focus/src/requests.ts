/** Requests of the focus that wait for an answer: IQs by id, each with a deadline. */
import type { XmlElement } from '@parley/protocol'
import type { Deadlines, Millis } from './deadlines.ts'
import { iq } from './stanzas.ts'

/** `undefined` when the deadline passed. */
export type OnAnswer = (answer: XmlElement | undefined) => void

export interface Request {
  readonly type: 'get' | 'set'
  readonly to: string
  readonly payload: XmlElement
  /** Time to answer in ms. */
  readonly timeoutMs: number
  readonly onAnswer: OnAnswer
}

export interface RequestsOptions {
  readonly deadlines: Deadlines
  readonly now: () => Millis
  readonly send: (stanza: XmlElement) => void
  readonly newId: () => string
}

export class Requests {
  readonly #options: RequestsOptions
  readonly #waiting = new Map<string, { readonly to: string; readonly onAnswer: OnAnswer }>()

  constructor(options: RequestsOptions) {
    this.#options = options
  }

  send(request: Request): void {
    const { deadlines, now, send, newId } = this.#options
    const id = newId()
    this.#waiting.set(id, { to: request.to, onAnswer: request.onAnswer })
    deadlines.set(`answer:${id}`, now() + request.timeoutMs, () => this.#finish(id, undefined))
    send(iq(request.type, request.to, id, request.payload))
  }

  /** Nobody is told when the answer matters to nobody. */
  sendUnanswered(type: 'get' | 'set', to: string, payload: XmlElement): void {
    this.#options.send(iq(type, to, this.#options.newId(), payload))
  }

  /** @returns false when nothing waits for this answer, or it comes from somebody else than the one asked */
  answer(stanza: XmlElement): boolean {
    const id = stanza.attrs.id ?? ''
    const waiting = this.#waiting.get(id)
    if (!waiting || waiting.to !== stanza.attrs.from) return false
    this.#finish(id, stanza)
    return true
  }

  #finish(id: string, answer: XmlElement | undefined): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    this.#options.deadlines.clear(`answer:${id}`)
    waiting?.onAnswer(answer)
  }
}
