/**
 * Is the peer still there? A TCP connection whose other end lost its power stays open for many minutes; only an answer tells.
 * Ticks come at the ping interval; every message or pong is a sign of life.
 */
export class Liveness {
  #unanswered = 0
  readonly #maxUnanswered: number

  constructor(maxUnanswered: number) {
    this.#maxUnanswered = maxUnanswered
  }

  heard(): void {
    this.#unanswered = 0
  }

  /** `dead` when the last `maxUnanswered` pings all went without a sign of life. */
  tick(): 'ping' | 'dead' {
    if (this.#unanswered >= this.#maxUnanswered) return 'dead'
    this.#unanswered++
    return 'ping'
  }
}
