/**
 * Notices a dead stream (XEP-0199): asks the server for a sign of life when it was silent for a while, and at once when
 * something else says that the network may be another one.
 */
import { el, NS, type XmlElement } from '@parley/protocol'
import type { Clock } from './platform.ts'

export interface KeepAliveOptions {
  readonly clock: Clock
  readonly domain: string
  readonly request: (iq: XmlElement, timeoutMs: number) => Promise<XmlElement>
  /** The server is silent for good. */
  readonly onDead: () => void
}

export class KeepAlive {
  readonly #options: KeepAliveOptions
  #heardAt: number
  #failures = 0
  #isChecking = false
  #questions = 0
  /** Tells the answer to the question that counts from the answer to one that was given up. */
  #round = 0
  #cancelTimer: (() => void) | undefined
  #isClosed = false

  constructor(options: KeepAliveOptions) {
    this.#options = options
    this.#heardAt = options.clock.now()
    this.#schedule()
  }

  /** Anything arrived. */
  heard(): void {
    this.#heardAt = this.#options.clock.now()
    this.#failures = 0
  }

  /**
   * Do not wait for silence: ask now, in quick succession.
   * @param questions how many stay without answer before the server is given up: the fewer, the stronger the suspicion
   */
  check(questions: number): void {
    if (this.#isClosed) return
    if (this.#isChecking) {
      this.#questions = Math.min(this.#questions, questions)
      return
    }
    this.#isChecking = true
    this.#questions = questions
    this.#failures = 0
    this.#cancelTimer?.()
    this.#ping(checkTimeoutMs)
  }

  close(): void {
    this.#isClosed = true
    this.#cancelTimer?.()
  }

  #schedule(): void {
    if (this.#isClosed) return
    this.#cancelTimer = this.#options.clock.setTimer(intervalMs, () => {
      const isQuiet = this.#options.clock.now() - this.#heardAt >= intervalMs
      if (isQuiet) this.#ping(timeoutMs)
      else this.#schedule()
    })
  }

  #ping(deadlineMs: number): void {
    const { domain, request } = this.#options
    const round = ++this.#round
    const ping = el('iq', NS.client, { type: 'get', to: domain }, el('ping', NS.ping))
    request(ping, deadlineMs).then(
      () => this.#handleOutcome(round, true),
      // a refusal is a sign of life, too
      (error: { readonly reason?: string }) => this.#handleOutcome(round, error.reason !== 'timeout'),
    )
  }

  #handleOutcome(round: number, isAlive: boolean): void {
    if (round !== this.#round || this.#isClosed) return
    const allowed = this.#isChecking ? this.#questions : maxFailures
    if (!isAlive && ++this.#failures >= allowed) return this.#options.onDead()
    if (!isAlive && this.#isChecking) return this.#ping(checkTimeoutMs)
    this.#isChecking = false
    this.#schedule()
  }
}

const intervalMs = 10_000
const timeoutMs = 5000
/** A network that is there answers sooner, unless it is very bad. */
const checkTimeoutMs = 3000
const maxFailures = 2
