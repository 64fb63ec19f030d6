/** Everything a conference waits for, in one list: each wait has a name, which is its reason, and an end. */

/** Monotonic milliseconds. */
export type Millis = number

export class Deadlines {
  readonly #waits = new Map<string, { readonly at: Millis; readonly onDue: () => void }>()
  /** What {@link next} last found, for as long as it cannot have changed: it is asked for at every input. */
  #next: { readonly at: Millis; readonly reason: string } | 'unknown' | undefined

  /** A second wait of the same name replaces the first. */
  set(reason: string, at: Millis, onDue: () => void): void {
    this.clear(reason)
    this.#waits.set(reason, { at, onDue })
    if (this.#next !== 'unknown' && (!this.#next || at < this.#next.at)) this.#next = { at, reason }
  }

  clear(reason: string): void {
    if (!this.#waits.delete(reason)) return
    if (this.#next !== 'unknown' && this.#next?.reason === reason) this.#next = 'unknown'
  }

  clearAll(): void {
    this.#waits.clear()
    this.#next = undefined
  }

  has(reason: string): boolean {
    return this.#waits.has(reason)
  }

  next(): { readonly at: Millis; readonly reason: string } | undefined {
    if (this.#next !== 'unknown') return this.#next
    let next: { at: Millis; reason: string } | undefined
    for (const [reason, { at }] of this.#waits) if (!next || at < next.at) next = { at, reason }
    this.#next = next
    return next
  }

  /** Run what is due, earliest first; what that sets for `now` or earlier runs too. */
  runDue(now: Millis): void {
    for (let next = this.next(); next && next.at <= now; next = this.next()) {
      const wait = this.#waits.get(next.reason)
      this.clear(next.reason)
      wait?.onDue()
    }
  }
}
