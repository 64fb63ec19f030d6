/** What the engine has measured of each source's layers, smoothed: one key frame must not look like a new rate. */
import type { LayerStats, SourceId } from '@parley/media-engine'

export type MeasuredLayer = Omit<LayerStats, 'source'>

export class LayerRates {
  #layers: ReadonlyMap<SourceId, readonly MeasuredLayer[]> = new Map()

  /**
   * All that the engine has measured just now; sources that it does not name are forgotten.
   * @returns sources that have other layers than before
   */
  observe(stats: readonly LayerStats[]): ReadonlySet<SourceId> {
    const layers = new Map<SourceId, MeasuredLayer[]>()
    for (const { source, ...layer } of stats) {
      const before = this.of(source).find((known) => isSame(known, layer))?.bitrateBps ?? 0
      const { bitrateBps } = layer
      // one that begins or rests is a fact, not noise
      const smoothed = before === 0 || bitrateBps === 0 ? bitrateBps : before + (bitrateBps - before) * smoothing
      const ofSource = layers.get(source)
      if (ofSource) ofSource.push({ ...layer, bitrateBps: smoothed })
      else layers.set(source, [{ ...layer, bitrateBps: smoothed }])
    }
    const changed = new Set(
      [...layers.keys(), ...this.#layers.keys()].filter((source) => {
        return shapeOf(layers.get(source)) !== shapeOf(this.#layers.get(source))
      }),
    )
    this.#layers = layers
    return changed
  }

  /** Lowest first; empty = nothing was measured. */
  of(source: SourceId): readonly MeasuredLayer[] {
    return this.#layers.get(source) ?? []
  }
}

function isSame(a: MeasuredLayer, b: MeasuredLayer): boolean {
  return a.encoding === b.encoding && a.spatial === b.spatial && a.temporal === b.temporal
}

/** Which sizes there are. Layers of time come and go with every still picture and matter little. */
function shapeOf(layers: readonly MeasuredLayer[] = []): string {
  const active = layers.filter((layer) => layer.active)
  return [...new Set(active.map(({ encoding, spatial, height }) => `${encoding}/${spatial}/${height}`))].join(' ')
}

/** Of the new value; readings come about once a second. */
const smoothing = 0.3
