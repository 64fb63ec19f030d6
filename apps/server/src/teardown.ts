/**
 * What was opened, to be closed in reverse. A part that fails to close, or does not come to an end, does not keep the others
 * open.
 */
export class Teardown {
  readonly #steps: Step[] = []
  readonly #onError: (error: unknown, what: string) => void
  #running: Promise<void> | undefined

  constructor(onError: (error: unknown, what: string) => void) {
    this.#onError = onError
  }

  /** @param deadlineMs how long closing may take before the next part's turn comes all the same */
  add(what: string, close: () => unknown, deadlineMs = 5000): void {
    this.#steps.push({ what, close, deadlineMs })
  }

  /** Idempotent; never rejects. */
  run(): Promise<void> {
    return (this.#running ??= this.#closeAll())
  }

  async #closeAll(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await withinDeadline(step)
      } catch (error) {
        this.#onError(error, step.what)
      }
    }
  }
}

interface Step {
  readonly what: string
  readonly close: () => unknown
  readonly deadlineMs: number
}

async function withinDeadline({ what, close, deadlineMs }: Step): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} was not closed after ${deadlineMs} ms`)), deadlineMs)
  })
  try {
    await Promise.race([close(), deadline])
  } finally {
    clearTimeout(timer)
  }
}
