// Counting results. Every suite closes with a line `N passed, N failed`; sums of them close with the same.

/**
 * @returns {{ passed: number, failed: number } | undefined} from the last such line
 */
export function readTally(output) {
  const lines = [...output.matchAll(/^(\d+) passed, (\d+) failed\s*$/gm)]
  const last = lines.at(-1)
  return last && { passed: Number(last[1]), failed: Number(last[2]) }
}

/** From the summary that Node's TAP reporter ends with. A cancelled test has not passed. */
export function readTapTally(tap) {
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(tap)?.[1] ?? Number.NaN)
  const [passed, failed, cancelled, skipped] = ['pass', 'fail', 'cancelled', 'skipped'].map(count)
  if ([passed, failed, cancelled].some(Number.isNaN)) return undefined
  return { passed, failed: failed + cancelled, skipped }
}

export function formatTally({ passed, failed }) {
  return `${passed} passed, ${failed} failed`
}
