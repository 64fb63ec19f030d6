/** How many bits a second each encoding takes, smoothed: one key frame must not look like a new rate. */
import type { LayerStats, SourceId } from '@parley/media-engine'

export class LayerRates {
  #rates: ReadonlyMap<SourceId, readonly number[]> = new Map()

  /** All that the engine has measured just now; sources that it does not name are forgotten. */
  observe(stats: readonly LayerStats[]): void {
    const rates = new Map<SourceId, number[]>()
    for (const { source, encoding, bitrateBps } of stats) {
      const before = this.#rates.get(source)?.[encoding] ?? 0
      const ofSource = rates.get(source) ?? []
      // one that begins or rests is a fact, not noise
      ofSource[encoding] = before === 0 || bitrateBps === 0 ? bitrateBps : before + (bitrateBps - before) * smoothing
      rates.set(source, ofSource)
    }
    this.#rates = rates
  }

  /** By encoding; 0 or absent = nothing arrives. */
  of(source: SourceId): readonly number[] {
    return this.#rates.get(source) ?? []
  }
}

/** Of the new value; readings come about once a second. */
const smoothing = 0.3
