/** A rate limit that allows bursts: tokens flow in steadily up to a capacity, and what is done takes some out. */
export interface Rate {
  /** Tokens per second. */
  readonly perSecond: number
  /** Most tokens saved up. */
  readonly burst: number
}

export class TokenBucket {
  readonly #rate: Rate
  #tokens: number
  #filledAtMs: number

  constructor(now: number, rate: Rate) {
    this.#rate = rate
    this.#tokens = rate.burst
    this.#filledAtMs = now
  }

  /** Take `count` tokens; `false`, and nothing taken, when there are fewer. `now` in ms, monotonic. */
  take(now: number, count: number): boolean {
    const elapsedMs = Math.max(0, now - this.#filledAtMs)
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + (elapsedMs * this.#rate.perSecond) / 1000)
    this.#filledAtMs = now
    if (this.#tokens < count) return false
    this.#tokens -= count
    return true
  }
}
