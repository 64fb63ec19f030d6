/** Time, chance and hashing as the machine has them. */
import { createHash, randomBytes } from 'node:crypto'

export interface FocusClock {
  /** Monotonic milliseconds. */
  now(): number
  /** Unix time in milliseconds. */
  wallTime(): number
  /** Run once after a delay; returns how to call it off. */
  setTimer(delayMs: number, run: () => void): () => void
}

export const systemClock: FocusClock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** 16 hexadecimal digits that nobody can guess. */
export function randomId(): string {
  return randomBytes(8).toString('hex')
}

export function sha1Base64(text: string): string {
  return createHash('sha1').update(text).digest('base64')
}
