/** A straight line through measurements. */

/**
 * Least squares.
 * @param points pairs of time and value
 * @returns value per unit of time; 0 for fewer than two times
 */
export function slope(points: readonly (readonly [time: number, value: number])[]): number {
  const count = points.length
  const meanTime = points.reduce((sum, [time]) => sum + time, 0) / count
  const meanValue = points.reduce((sum, [, value]) => sum + value, 0) / count
  let [rise, run] = [0, 0]
  for (const [time, value] of points) {
    rise += (time - meanTime) * (value - meanValue)
    run += (time - meanTime) ** 2
  }
  return run > 0 ? rise / run : 0
}
