/**
 * Short notices that go away by themselves. Notices of one group that come together become one ("Ada and 3 others
 * joined"), so that a crowd arriving is one line and not a wall.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'

export type Tone = 'info' | 'warning'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: Tone
}

/** Calls `callback` once after `delayMs`; returns the way to cancel. */
export type SetTimer = (delayMs: number, callback: () => void) => () => void

interface NamedGroup {
  readonly id: number
  readonly names: string[]
}

/** Oldest ones give way. */
const MAX_TOASTS = 3
const SHOWN_MS = 4000
const SHOWN_WARNING_MS = 8000

export class Toasts {
  readonly store: StoreApi<readonly Toast[]> = createStore<readonly Toast[]>(() => [])
  readonly #setTimer: SetTimer
  readonly #timers = new Map<number, () => void>()
  readonly #groups = new Map<string, NamedGroup>()
  #lastId = 0

  constructor(setTimer: SetTimer) {
    this.#setTimer = setTimer
  }

  show(text: string, tone: Tone = 'info'): void {
    this.#put({ id: ++this.#lastId, text, tone })
  }

  /** `Ada joined`; a second name within the first one's time makes it `Ada and Bob joined`. */
  showName(name: string, verb: string): void {
    const shown = this.#groups.get(verb)
    const group = shown ? { id: shown.id, names: [...shown.names, name] } : { id: ++this.#lastId, names: [name] }
    this.#put({ id: group.id, text: `${listNames(group.names)} ${verb}`, tone: 'info' })
    this.#groups.set(verb, group)
  }

  dismiss(id: number): void {
    this.#timers.get(id)?.()
    this.#timers.delete(id)
    for (const [verb, group] of this.#groups) if (group.id === id) this.#groups.delete(verb)
    this.store.setState((toasts) => toasts.filter((toast) => toast.id !== id), true)
  }

  close(): void {
    for (const { id } of this.store.getState()) this.dismiss(id)
  }

  #put(toast: Toast): void {
    const toasts = this.store.getState()
    const isShown = toasts.some(({ id }) => id === toast.id)
    const next = isShown ? toasts.map((other) => (other.id === toast.id ? toast : other)) : [...toasts, toast]
    this.store.setState(next, true)
    for (const { id } of next.slice(0, -MAX_TOASTS)) this.dismiss(id)
    this.#timers.get(toast.id)?.()
    const shownMs = toast.tone === 'warning' ? SHOWN_WARNING_MS : SHOWN_MS
    this.#timers.set(
      toast.id,
      this.#setTimer(shownMs, () => this.dismiss(toast.id)),
    )
  }
}

export function listNames(names: readonly string[]): string {
  const [first = '', second] = names
  if (second === undefined) return first
  return names.length === 2 ? `${first} and ${second}` : `${first} and ${names.length - 1} others`
}
