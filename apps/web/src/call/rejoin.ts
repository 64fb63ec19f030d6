/**
 * Into the room again after the connection was lost: waits 1, 2, 4 … 15 s between attempts, each shortened at random by up
 * to half, so that a restarted server does not meet everybody at once. A network that comes back is tried at once, with
 * short waits again. Gives up after about three minutes of failures, sooner when the answer will not change.
 */
import { type Failure, failureOfError, isWorthRetrying } from './failure.ts'
import type { SetTimer } from './toasts.ts'

export interface RejoinOptions {
  /** One attempt; rejects when it fails. */
  readonly enter: () => Promise<void>
  readonly setTimer: SetTimer
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Calls when the browser has a network again; returns the way to stop. */
  readonly onOnline: (listener: () => void) => () => void
  /** Before the wait for each attempt; counts from 1. */
  readonly onAttempt: (attempt: number) => void
  readonly signal: AbortSignal
}

/** `exhausted`: nothing but failures that might have healed. */
export type RejoinOutcome = 'back' | 'aborted' | 'exhausted' | Failure

/** Never rejects. */
export async function rejoin(options: RejoinOptions): Promise<RejoinOutcome> {
  const { enter, random, onAttempt, signal } = options
  let waitMs = FIRST_WAIT_MS
  for (let attempt = 1, failures = 0; failures < MAX_FAILURES; attempt++) {
    onAttempt(attempt)
    const woken = await pause(waitMs * (0.5 + random() / 2), options)
    if (woken === 'aborted') return 'aborted'
    if (woken === 'online') {
      failures = 0
      waitMs = FIRST_WAIT_MS
    }
    try {
      await enter()
      return signal.aborted ? 'aborted' : 'back'
    } catch (error) {
      if (signal.aborted) return 'aborted'
      console.warn(`entering again failed, attempt ${attempt}`, error)
      if (!isWorthRetrying(error)) return failureOfError(error)
    }
    failures++
    waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)
  }
  return 'exhausted'
}

function pause(
  delayMs: number,
  { setTimer, onOnline, signal }: RejoinOptions,
): Promise<'elapsed' | 'online' | 'aborted'> {
  if (signal.aborted) return Promise.resolve('aborted')
  return new Promise((resolve) => {
    const finish = (why: 'elapsed' | 'online' | 'aborted') => {
      cancel()
      stopListening()
      signal.removeEventListener('abort', onAbort)
      resolve(why)
    }
    const onAbort = () => finish('aborted')
    const cancel = setTimer(delayMs, () => finish('elapsed'))
    const stopListening = onOnline(() => finish('online'))
    signal.addEventListener('abort', onAbort)
  })
}

const FIRST_WAIT_MS = 1000
const MAX_WAIT_MS = 15_000
/** In a row; with the waits above this is about three minutes, more where each attempt has to time out. */
const MAX_FAILURES = 20
