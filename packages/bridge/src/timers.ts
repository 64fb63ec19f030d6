/** Monotonic time in milliseconds; the zero is arbitrary. */
export type Millis = number

/** The bridge's only clock. `io/system.ts` has the machine's, tests have a virtual one. */
export interface Timers {
  now(): Millis
  /** Run once after a delay; returns the way to cancel, idempotent. */
  after(delayMs: number, run: () => void): () => void
}
