import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks until the answer is right.
 * @returns the first answer for which `isRight` holds
 * @throws Error with `what` and the last answer when none was right within `withinMs`
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
  withinMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (isRight(answer)) return answer
    if (performance.now() > deadline) {
      throw new Error(`not within ${withinMs / 1000} s: ${what}; last seen: ${JSON.stringify(answer)}`)
    }
    await sleep(200)
  }
}
