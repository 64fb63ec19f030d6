/** The clock and the timers of a process, as one thing that tests replace. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number
  /** Milliseconds since 1970, for what people and other systems read. */
  wallTime(): number
  /** Run once after `delayMs`; returns the way to cancel. */
  setTimer(delayMs: number, run: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}
