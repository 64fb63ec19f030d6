/** Figures over samples of a picture. */
import type { PictureSample } from './picture-watch.ts'

/** The longest time between two samples with new frames, ms; what is open at the ends counts too. */
export function longestGapMs(samples: readonly PictureSample[]): number {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return Number.POSITIVE_INFINITY
  let [longest, movedAt] = [0, first.atMs]
  for (const { atMs, frames } of samples) {
    if (frames === 0) continue
    longest = Math.max(longest, atMs - movedAt)
    movedAt = atMs
  }
  return Math.max(longest, last.atMs - movedAt)
}

/** Frames, or what else `pick` takes of a sample, per second. */
export function meanRate(
  samples: readonly PictureSample[],
  pick: (sample: PictureSample) => number = ({ frames }) => frames,
): number {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.atMs === first.atMs) return 0
  // What the first sample has is from before it.
  const count = samples.slice(1).reduce((sum, sample) => sum + pick(sample), 0)
  return (count * 1000) / (last.atMs - first.atMs)
}

/**
 * When frames come at `minRate` for a second and no gap of two seconds follows any more: a busy machine stutters, a call that
 * broke again stands still for longer.
 * @returns ms after the first sample; `undefined` = they never do
 */
export function returnedAfterMs(samples: readonly PictureSample[], minRate: number): number | undefined {
  const startedAt = samples[0]?.atMs ?? 0
  for (const [index, sample] of samples.entries()) {
    if (sample.frames === 0) continue
    const rest = samples.slice(index)
    const firstSecond = rest.filter(({ atMs }) => atMs - sample.atMs <= 1000)
    const isWhole = (rest.at(-1)?.atMs ?? 0) - sample.atMs >= 1000
    if (isWhole && meanRate(firstSecond) >= minRate && longestGapMs(rest) < 2000) return sample.atMs - startedAt
  }
  return undefined
}
