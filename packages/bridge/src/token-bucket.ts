import type { Millis } from './timers.ts'

/** A rate limit that allows bursts: `capacity` at once, `perSecond` in the long run. */
export class TokenBucket {
  readonly #capacity: number
  readonly #perSecond: number
  #tokens: number
  #filledAt: Millis

  constructor(now: Millis, limit: { readonly capacity: number; readonly perSecond: number }) {
    this.#capacity = limit.capacity
    this.#perSecond = limit.perSecond
    this.#tokens = limit.capacity
    this.#filledAt = now
  }

  /** Take `cost` tokens, or none and return false. */
  take(now: Millis, cost = 1): boolean {
    this.#tokens = Math.min(this.#capacity, this.#tokens + ((now - this.#filledAt) / 1000) * this.#perSecond)
    this.#filledAt = now
    if (this.#tokens < cost) return false
    this.#tokens -= cost
    return true
  }
}
