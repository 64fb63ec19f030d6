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

/** 16 hexadecimal digits that nobody can guess. Every request carries one, so the system is asked for many at a time. */
export function randomId(): string {
  if (idPool === '') idPool = randomBytes(8 * idsPerPool).toString('hex')
  const id = idPool.slice(0, 16)
  idPool = idPool.slice(16)
  return id
}

let idPool = ''
const idsPerPool = 64

export function sha1Base64(text: string): string {
  return createHash('sha1').update(text).digest('base64')
}
