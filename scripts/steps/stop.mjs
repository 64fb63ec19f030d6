// How a script gives up: one sentence, no stack.

export class StopError extends Error {
  name = 'StopError'
}

/** @returns never @throws StopError */
export function stop(message) {
  throw new StopError(message)
}

/** Runs a script's body; a StopError becomes its sentence and exit code 1. */
export async function main(body) {
  try {
    await body()
  } catch (error) {
    if (!(error instanceof StopError)) throw error
    console.error(`\n${error.message}`)
    process.exit(1)
  }
}
