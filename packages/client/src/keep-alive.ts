/** Notices a dead stream (XEP-0199): asks the server for a sign of life when it was silent for a while. */
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

  close(): void {
    this.#isClosed = true
    this.#cancelTimer?.()
  }

  #schedule(): void {
    if (this.#isClosed) return
    this.#cancelTimer = this.#options.clock.setTimer(intervalMs, () => {
      const isQuiet = this.#options.clock.now() - this.#heardAt >= intervalMs
      if (isQuiet) this.#ping()
      else this.#schedule()
    })
  }

  #ping(): void {
    const { domain, request, onDead } = this.#options
    const ping = el('iq', NS.client, { type: 'get', to: domain }, el('ping', NS.ping))
    request(ping, timeoutMs).then(
      () => this.#schedule(),
      (error: { readonly reason?: string }) => {
        // a refusal is a sign of life, too
        if (error.reason === 'timeout' && ++this.#failures >= maxFailures) {
          if (!this.#isClosed) onDead()
        } else this.#schedule()
      },
    )
  }
}

const intervalMs = 10_000
const timeoutMs = 5000
const maxFailures = 2
