/** Whether an endpoint is reachable, from how long its transport has been silent. */
import type { Millis } from './timers.ts'

export class Connectivity {
  readonly #createdAt: Millis
  #isActive = true

  constructor(createdAt: Millis) {
    this.#createdAt = createdAt
  }

  get isActive(): boolean {
    return this.#isActive
  }

  /**
   * @param idleMs since anything authenticated arrived, -1 = never
   * @returns whether `isActive` changed
   */
  observe(now: Millis, idleMs: number): boolean {
    const isActive = idleMs < 0 ? now - this.#createdAt < firstPacketWithinMs : idleMs < inactiveAfterMs
    if (isActive === this.#isActive) return false
    this.#isActive = isActive
    return true
  }
}

/** ICE consent checks come every few seconds even when nothing is said. */
const inactiveAfterMs = 8000
/** A newcomer may need to answer a permission prompt first. */
const firstPacketWithinMs = 15_000
