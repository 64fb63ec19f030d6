/** No call between roles waits for ever: whatever the other side does, the caller has an {@link Outcome} in time. */
import { unreachable } from './outcome.ts'
import type { Outcome } from './outcome.ts'

export interface Deadline {
  readonly timeoutMs: number
  /** What is being called, for the message: `bridge jvb1: createEndpoint`. */
  readonly what: string
  /** Run once after a delay; returns the way to cancel. */
  readonly after: (delayMs: number, run: () => void) => () => void
}

/**
 * Never rejects. A call that throws, rejects or does not answer in time is `unreachable`: what it has done by then is
 * unknown. An answer that comes later is dropped.
 */
export async function callWithDeadline<T>(call: () => Promise<Outcome<T>>, deadline: Deadline): Promise<Outcome<T>> {
  return new Promise((resolve) => {
    const cancel = deadline.after(deadline.timeoutMs, () => {
      resolve(unreachable(`${deadline.what}: no answer within ${deadline.timeoutMs} ms`))
    })
    const failed = (error: unknown) => {
      cancel()
      resolve(unreachable(`${deadline.what}: ${error instanceof Error ? error.message : String(error)}`))
    }
    try {
      call().then((outcome) => {
        cancel()
        resolve(outcome)
      }, failed)
    } catch (error) {
      failed(error)
    }
  })
}
