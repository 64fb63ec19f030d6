/** A clock that moves when told to. */
import type { Timers } from '../src/timers.ts'

export class VirtualTimers implements Timers {
  #now = 1_000_000
  #pending: { readonly at: number; readonly run: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#now + delayMs, run }
    this.#pending.push(timer)
    return () => {
      this.#pending = this.#pending.filter((other) => other !== timer)
    }
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#pending.length
  }

  /** Let time pass and run what falls due, in order. */
  advance(durationMs: number): void {
    const until = this.#now + durationMs
    for (;;) {
      const next = this.#pending.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.#pending = this.#pending.filter((timer) => timer !== next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = until
  }
}
