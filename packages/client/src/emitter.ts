/** Typed events. A listener that throws is reported and stays subscribed; the others still run. */

/** Event name to tuple of arguments. */
export type EventMap = Record<string, readonly unknown[]>

export type Listener<A extends readonly unknown[]> = (...args: A) => void

export interface Subscribable<E extends { [K in keyof E]: readonly unknown[] }> {
  /** Call `listener` on each such event, in order of subscription. Returns the way to stop; calling that twice is harmless. */
  subscribe<K extends keyof E>(event: K, listener: Listener<E[K]>): () => void
}

export class Emitter<E extends { [K in keyof E]: readonly unknown[] }> implements Subscribable<E> {
  readonly #listeners = new Map<keyof E, Set<Listener<never>>>()
  readonly #onListenerError: (error: unknown) => void

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError
  }

  subscribe<K extends keyof E>(event: K, listener: Listener<E[K]>): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    // a wrapper, so that one function subscribed twice is two subscriptions
    const entry: Listener<E[K]> = (...args) => listener(...args)
    listeners.add(entry as Listener<never>)
    return () => listeners.delete(entry as Listener<never>)
  }

  emit<K extends keyof E>(event: K, ...args: E[K]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        ;(listener as unknown as Listener<E[K]>)(...args)
      } catch (error) {
        this.#onListenerError(error)
      }
    }
  }

  hasListeners(event: keyof E): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0
  }
}
