/** How often one client may ask for something that costs everybody. */
import type { Millis } from './deadlines.ts'

export interface BudgetLimits {
  readonly minGapMs: Millis
  readonly maxPerMinute: number
}

/** New sessions: at most once per 5 s and 5 times per minute. */
export const restartLimits: BudgetLimits = { minGapMs: 5_000, maxPerMinute: 5 }
/** New sources: each makes all the others renegotiate. Nobody switches devices and screens every second for a minute. */
export const sourceLimits: BudgetLimits = { minGapMs: 0, maxPerMinute: 60 }

export class Budget {
  readonly #limits: BudgetLimits
  #granted: Millis[] = []

  constructor(limits: BudgetLimits = restartLimits) {
    this.#limits = limits
  }

  /** True grants one and counts it. */
  take(now: Millis): boolean {
    const { minGapMs, maxPerMinute } = this.#limits
    this.#granted = this.#granted.filter((at) => now - at < windowMs)
    const last = this.#granted.at(-1)
    if (this.#granted.length >= maxPerMinute || (last !== undefined && now - last < minGapMs)) return false
    this.#granted.push(now)
    return true
  }
}

const windowMs = 60_000
