/** What the engine has measured of each source's layers, smoothed: one key frame must not look like a new rate. */
import type { LayerStats, SourceId } from '@parley/media-engine'

export type MeasuredLayer = Omit<LayerStats, 'source'>

interface Known extends MeasuredLayer {
  /** Measured for the first time: of a part of a second only, and with the key frame that it began with. */
  readonly isFirst: boolean
}

export class LayerRates {
  #layers: ReadonlyMap<SourceId, readonly Known[]> = new Map()

  /**
   * All that the engine has measured just now; sources that it does not name are forgotten.
   * @returns sources that have other layers than before
   */
  observe(stats: readonly LayerStats[]): ReadonlySet<SourceId> {
    const layers = new Map<SourceId, Known[]>()
    for (const { source, ...layer } of stats) {
      const known = this.#layers.get(source)?.find((candidate) => isSame(candidate, layer))
      const before = known?.bitrateBps ?? 0
      const { bitrateBps } = layer
      // one that begins or rests is a fact, not noise
      const isFact = before === 0 || bitrateBps === 0 || known?.isFirst === true
      const smoothed = isFact ? bitrateBps : before + (bitrateBps - before) * smoothing
      const next = { ...layer, bitrateBps: smoothed, isFirst: before === 0 }
      const ofSource = layers.get(source)
      if (ofSource) ofSource.push(next)
      else layers.set(source, [next])
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
