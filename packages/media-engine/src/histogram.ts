/** Counts by powers of two, as the engine keeps them: 0, 1, 2–3, 4–7, …; the last bucket has the rest. */
export type Histogram = readonly number[]

/** Upper bound of the bucket that holds the quantile (0 to 1), 0 when nothing was counted, Infinity in the last one. */
export function histogramQuantile(counts: Histogram, quantile: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return 0
  const wanted = Math.max(1, Math.ceil(total * quantile))
  let seen = 0
  const bucket = counts.findIndex((count) => (seen += count) >= wanted)
  return bucket === counts.length - 1 ? Infinity : 2 ** bucket - 1
}

/** What was counted between two readings. */
export function histogramSince(earlier: Histogram, now: Histogram): Histogram {
  return now.map((count, bucket) => count - (earlier[bucket] ?? 0))
}
