/** How sure a median of few and noisy rounds is (Efron's percentile bootstrap). */
import { median } from '../benchmark.ts'

export interface Interval {
  readonly value: number
  /** 95 % of resampled medians lie between. */
  readonly low: number
  readonly high: number
}

/** Deterministic: the same rounds give the same interval. */
export function medianInterval(values: readonly number[], resamples = 2000): Interval {
  const random = generator(1)
  const medians = Array.from({ length: resamples }, () =>
    median(values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN)),
  ).sort((a, b) => a - b)
  const at = (share: number) => medians[Math.floor(share * (resamples - 1))] ?? Number.NaN
  return { value: median(values), low: at(0.025), high: at(0.975) }
}

/** xorshift32: enough for drawing rounds. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
