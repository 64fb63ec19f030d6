/** No wait without an end. */
import { ClientError } from './errors.ts'
import type { Clock } from './platform.ts'

/** @throws ClientError `timeout` when `promise` is not settled in time; `what` completes "… took longer than 5 s" */
export function withDeadline<T>(clock: Clock, promise: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(timeoutMs, () => {
      reject(new ClientError('timeout', `${what} took longer than ${timeoutMs / 1000} s`))
    })
    promise.then(resolve, reject).finally(cancel)
  })
}

/** Resolves after `delayMs`. @throws ClientError `aborted` as soon as the signal says so */
export function pause(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      cancel()
      reject(new ClientError('aborted', 'the wait was given up', { cause: signal?.reason }))
    }
    const cancel = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}
