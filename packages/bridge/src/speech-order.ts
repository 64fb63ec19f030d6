/** Endpoints by recent speech: the dominant speaker first, then those before it. */
import type { SourceId } from '@parley/media-engine'
import { DominantSpeaker } from './dominant-speaker.ts'
import type { Millis } from './timers.ts'

export class SpeechOrder {
  /** Per source, since a second microphone's silence says nothing about the first. */
  readonly #detector = new DominantSpeaker<SourceId>()
  readonly #owners = new Map<SourceId, string>()
  /** Endpoints that have been dominant, newest first. */
  #order: readonly string[] = []
  /** Stays when the dominant one's microphone goes, and ends when the endpoint does. */
  #dominant: string | undefined

  get dominant(): string | undefined {
    return this.#dominant
  }

  /** At most ten endpoint ids, newest first, the dominant one included. */
  get recent(): readonly string[] {
    return this.#order.slice(0, 10)
  }

  /** One audio level of RFC 6464, 0 = loudest. */
  level(now: Millis, source: SourceId, ownerId: string, level: number): void {
    this.#owners.set(source, ownerId)
    this.#detector.level(now, source, level)
  }

  /** Call after each batch of levels. @returns whether another endpoint is dominant now */
  decide(now: Millis): boolean {
    if (!this.#detector.decide(now)) return false
    const source = this.#detector.current
    const dominant = source === undefined ? undefined : this.#owners.get(source)
    if (dominant === undefined || dominant === this.#dominant) return false
    this.#dominant = dominant
    this.#order = [dominant, ...this.#order.filter((id) => id !== dominant)]
    return true
  }

  removeSource(source: SourceId): void {
    this.#detector.remove(source)
    this.#owners.delete(source)
  }

  removeEndpoint(id: string): void {
    if (this.#dominant === id) this.#dominant = undefined
    this.#order = this.#order.filter((other) => other !== id)
  }

  /** Those who have spoken first, newest first; the others keep their order. */
  sort<E extends { readonly id: string }>(endpoints: Iterable<E>): readonly E[] {
    const rank = new Map(this.#order.map((id, index) => [id, index]))
    const rankOf = (endpoint: E) => rank.get(endpoint.id) ?? Number.MAX_SAFE_INTEGER
    return [...endpoints].sort((a, b) => rankOf(a) - rankOf(b))
  }
}
