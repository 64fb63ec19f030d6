/** Ctrl-C and SIGTERM: the first asks for a drain, another one that is meant as such ends the process at once. */

/**
 * Resolves at the first signal. From then on a further signal exits with 130. Process managers repeat the signal that the
 * terminal has sent already, so an echo within half a second does not count.
 */
export function firstStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let firstAtMs: number | undefined
    const onSignal = (signal: NodeJS.Signals): void => {
      if (firstAtMs === undefined) {
        firstAtMs = performance.now()
        resolve(signal)
      } else if (performance.now() - firstAtMs > ECHO_MS) {
        process.exit(130)
      }
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  })
}

const ECHO_MS = 500
