/** The machine's clock and randomness. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Timers } from '../timers.ts'

/** Timers do not keep the process alive: a bridge lives as long as its owner, not as long as its next poll. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs).unref()
    return () => clearTimeout(timer)
  },
}

export const systemRandom = (sizeBytes: number): Uint8Array => randomBytes(sizeBytes)

/** Equal in time that depends on the length of the given text only. */
export function secretEquals(given: string, secret: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(secret)]
  // Comparing the secret with itself keeps the time the same when the lengths differ, which is no secret.
  return timingSafeEqual(a.length === b.length ? a : b, b) && a.length === b.length
}
