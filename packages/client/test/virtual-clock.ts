/** Time that passes only when a test says so. */
import type { Clock } from '../src/platform.ts'

export class VirtualClock implements Clock {
  #now = 1000
  readonly #timers = new Map<object, { readonly at: number; readonly callback: () => void }>()

  now(): number {
    return this.#now
  }

  wallTime(): number {
    return 1_700_000_000_000 + this.#now
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    const key = {}
    this.#timers.set(key, { at: this.#now + delayMs, callback })
    return () => this.#timers.delete(key)
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Let time pass; timers run in order, and what they set in motion runs to its end between them. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    for (;;) {
      await settle()
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0]
      if (!due) break
      this.#timers.delete(due[0])
      this.#now = Math.max(this.#now, due[1].at)
      due[1].callback()
    }
    this.#now = end
    await settle()
  }
}

/** Everything that can happen without time passing has happened. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
