/** How often one client may ask for a new session: at most once per 5 s and 5 times per minute. */
import type { Millis } from './deadlines.ts'

const minGapMs = 5_000
const windowMs = 60_000
const maxPerWindow = 5

export class RestartBudget {
  #granted: Millis[] = []

  /** True grants one restart and counts it. */
  take(now: Millis): boolean {
    this.#granted = this.#granted.filter((at) => now - at < windowMs)
    const last = this.#granted.at(-1)
    if (this.#granted.length >= maxPerWindow || (last !== undefined && now - last < minGapMs)) return false
    this.#granted.push(now)
    return true
  }
}
