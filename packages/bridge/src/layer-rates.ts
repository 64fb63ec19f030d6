/** What the engine has measured of each source's layers, smoothed: one key frame must not look like a new rate. */
import type { LayerStats, SourceId, StatsSample } from '@parley/media-engine'

export type MeasuredLayer = Omit<LayerStats, 'source'>

/** What was measured is written over what was before, so that a reading each second leaves no garbage. */
interface Measured {
  /** The first `count` are of the last reading. */
  readonly layers: MutableLayer[]
  count: number
  /** Which sizes there are. Layers of time come and go with every still picture and matter little. */
  sizes: number[]
  reading: number
}

type MutableLayer = { -readonly [Name in keyof MeasuredLayer]: MeasuredLayer[Name] } & {
  /** Measured for the first time: of a part of a second only, and with the key frame that it began with. */
  isFirst: boolean
}

export class LayerRates {
  readonly #sources = new Map<SourceId, Measured>()
  readonly #visit = (layer: LayerStats) => this.#add(layer)
  #reading = 0
  #sizes: number[] = []
  #current: Measured | undefined
  #currentSource: SourceId | undefined
  #changed = new Set<SourceId>()

  /**
   * All that the engine has measured just now; sources that it does not name are forgotten.
   * @returns sources that have other layers than before
   */
  observe(sample: Pick<StatsSample, 'forEachLayer'>): ReadonlySet<SourceId> {
    this.#reading += 1
    this.#changed = new Set()
    sample.forEachLayer(this.#visit)
    this.#endSource()
    for (const [source, measured] of this.#sources) {
      if (measured.reading === this.#reading) continue
      if (measured.sizes.length > 0) this.#changed.add(source)
      this.#sources.delete(source)
    }
    return this.#changed
  }

  /** Lowest first; empty = nothing was measured. Valid until the next reading. */
  of(source: SourceId): readonly MeasuredLayer[] {
    return this.#sources.get(source)?.layers ?? []
  }

  #add(layer: LayerStats): void {
    if (layer.source !== this.#currentSource) {
      this.#endSource()
      this.#beginSource(layer.source)
    }
    const measured = this.#current
    if (!measured) return
    write(measured, layer)
    const size = sizeOf(layer)
    if (layer.active && !this.#sizes.includes(size)) this.#sizes.push(size)
  }

  #beginSource(source: SourceId): void {
    let measured = this.#sources.get(source)
    if (!measured) {
      measured = { layers: [], count: 0, sizes: [], reading: 0 }
      this.#sources.set(source, measured)
    }
    measured.count = 0
    measured.reading = this.#reading
    this.#current = measured
    this.#currentSource = source
    this.#sizes.length = 0
  }

  #endSource(): void {
    const measured = this.#current
    if (!measured || this.#currentSource === undefined) return
    measured.layers.length = measured.count
    if (!isSame(measured.sizes, this.#sizes)) {
      this.#changed.add(this.#currentSource)
      // the list of before is the next one to be filled
      const before = measured.sizes
      measured.sizes = this.#sizes
      this.#sizes = before
    }
    this.#current = undefined
    this.#currentSource = undefined
  }
}

/** At its place in the list, over the layer that was there. */
function write(measured: Measured, layer: LayerStats): void {
  const { encoding, spatial, temporal, bitrateBps } = layer
  const { layers, count } = measured
  // Rows keep their order; one that begins or goes moves those after it.
  let at = count
  while (at < layers.length && !isLayer(layers[at], encoding, spatial, temporal)) at++
  const known = layers[at]
  const before = known?.bitrateBps ?? 0
  // one that begins or rests is a fact, not noise
  const isFact = before === 0 || bitrateBps === 0 || known?.isFirst === true
  const smoothed = isFact ? bitrateBps : before + (bitrateBps - before) * smoothing
  measured.count += 1
  if (!known) {
    const { framesPerSecond, width, height, active } = layer
    const begun = { encoding, spatial, temporal, bitrateBps, framesPerSecond, width, height, active, isFirst: true }
    layers.splice(count, 0, begun)
    return
  }
  if (at > count) layers.splice(count, at - count)
  known.bitrateBps = smoothed
  known.isFirst = before === 0
  known.framesPerSecond = layer.framesPerSecond
  known.width = layer.width
  known.height = layer.height
  known.active = layer.active
}

function isLayer(layer: MeasuredLayer | undefined, encoding: number, spatial: number, temporal: number): boolean {
  return layer?.encoding === encoding && layer.spatial === spatial && layer.temporal === temporal
}

/** Heights have 16 bits, spatial layers are fewer than eight. */
function sizeOf({ encoding, spatial, height }: MeasuredLayer): number {
  return (encoding * 8 + spatial) * 65536 + height
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Of the new value; readings come about once a second. */
const smoothing = 0.3
