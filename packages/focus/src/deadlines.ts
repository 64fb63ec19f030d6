/** Everything a conference waits for, in one list: each wait has a name, which is its reason, and an end. */

/** Monotonic milliseconds. */
export type Millis = number

export class Deadlines {
  readonly #waits = new Map<string, { readonly at: Millis; readonly onDue: () => void }>()

  /** A second wait of the same name replaces the first. */
  set(reason: string, at: Millis, onDue: () => void): void {
    this.#waits.set(reason, { at, onDue })
  }

  clear(reason: string): void {
    this.#waits.delete(reason)
  }

  clearAll(): void {
    this.#waits.clear()
  }

  has(reason: string): boolean {
    return this.#waits.has(reason)
  }

  next(): { readonly at: Millis; readonly reason: string } | undefined {
    let next: { at: Millis; reason: string } | undefined
    for (const [reason, { at }] of this.#waits) if (!next || at < next.at) next = { at, reason }
    return next
  }

  /** Run what is due, earliest first; what that sets for `now` or earlier runs too. */
  runDue(now: Millis): void {
    for (let next = this.next(); next && next.at <= now; next = this.next()) {
      const wait = this.#waits.get(next.reason)
      this.#waits.delete(next.reason)
      wait?.onDue()
    }
  }
}
