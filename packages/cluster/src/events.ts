/** Facts that a role tells whoever listens, numbered per source so that a listener notices a gap. */

export interface Numbered<E> {
  /** 1, 2, 3 … per source. */
  readonly sequence: number
  readonly event: E
}

export interface EventSource<E> {
  /** Returns the way to stop. A listener that throws is reported to `onListenerError` and stays subscribed. */
  subscribe(listener: (numbered: Numbered<E>) => void): () => void
}

/** An event source in memory. Listeners run in order of subscription, during `publish`. */
export class LocalEventSource<E> implements EventSource<E> {
  #sequence = 0
  readonly #listeners = new Set<(numbered: Numbered<E>) => void>()
  readonly #onListenerError: (error: unknown) => void

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError
  }

  subscribe(listener: (numbered: Numbered<E>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  publish(event: E): void {
    const numbered = { sequence: ++this.#sequence, event }
    for (const listener of [...this.#listeners]) {
      try {
        listener(numbered)
      } catch (error) {
        this.#onListenerError(error)
      }
    }
  }
}
