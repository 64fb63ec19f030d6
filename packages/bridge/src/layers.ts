/** Of which sizes and frame rates a source can be forwarded, what each costs, and which of them make sense for a receiver. */
import type { SentVideoType } from '@parley/protocol'
import type { MeasuredLayer } from './layer-rates.ts'

/** A source of somebody else, as the receiver's candidates. */
export interface VideoSource {
  readonly name: string
  /** `none`: announced but not sending. */
  readonly videoType: SentVideoType
  readonly encodingCount: number
}

export interface VideoWish<S extends VideoSource = VideoSource> {
  readonly source: S
  /** 0 = nothing, `Infinity` = unlimited. */
  readonly maxHeight: number
  /** Frames per second; negative = unlimited. */
  readonly maxFrameRate: number
}

export interface Layer {
  /** Counts the sizes from the lowest: encodings of simulcast, spatial layers of a stream that has several. */
  readonly size: number
  /** The highest layer of time; absent = every one. */
  readonly maxTemporal?: number
  /** Lines. */
  readonly height: number
  /** Nominal: 30, or what a slower camera has, halved for each layer of time that is left out. */
  readonly framesPerSecond: number
  /** Of this layer with all that it needs. */
  readonly bitrateBps: number
}

/** What is known of a source's layers, lowest first. */
export type LayersOf<S extends VideoSource> = (source: S) => readonly Layer[]

/** Clients capture 720 lines by default and halve them for each lower encoding. */
export function nominalHeight(encoding: number, encodingCount: number): number {
  return topHeight / 2 ** (encodingCount - 1 - encoding)
}

/**
 * A source's layers, lowest first: what was measured, or what the stock client makes.
 * @param measured of this source; an encoding that rests, or was not measured yet, is taken for what it costs usually
 */
export function sourceLayers(source: VideoSource, measured: readonly MeasuredLayer[] = []): readonly Layer[] {
  const flowing = measured.filter(({ bitrateBps }) => bitrateBps > 0)
  const active = new Set(
    measured.filter((layer) => layer.active).map(({ encoding, spatial }) => `${encoding}/${spatial}`),
  )
  const usable = flowing.filter(({ encoding, spatial }) => active.has(`${encoding}/${spatial}`))
  const rate = frameRate(usable)
  const top = Math.max(0, ...usable.map(({ spatial }) => spatial))
  if (top === 0) return encodingLayers(source, usable, rate)
  return Array.from({ length: top + 1 }, (_, size) => size).flatMap((size) => {
    const rows = usable.filter(({ spatial }) => spatial === size)
    return inTime({ size, height: linesOf(rows[0]) || nominalHeight(size, top + 1) }, rows, rate)
  })
}

/** Clients capture what they like; sizes of simulcast are nominal, so that an index means the same to everybody. */
function encodingLayers(source: VideoSource, usable: readonly MeasuredLayer[], rate: number): readonly Layer[] {
  const lowest = usable.filter(({ encoding }) => encoding === 0)
  const lines = linesOf(lowest[0])
  // one stream of one size, though more was announced
  if (lowest.length === usable.length && lines > nominalHeight(0, source.encodingCount) * clearlyMore) {
    return inTime({ size: 0, height: lines }, lowest, rate)
  }
  return Array.from({ length: source.encodingCount }, (_, size) => {
    const height = nominalHeight(size, source.encodingCount)
    const rows = usable.filter(({ encoding }) => encoding === size)
    if (rows.length > 0) return inTime({ size, height }, rows, rate)
    return [{ size, height, framesPerSecond: rate, bitrateBps: usualBps(source, height) }]
  }).flat()
}

/** One size at each of its frame rates. */
function inTime(
  size: { readonly size: number; readonly height: number },
  rows: readonly MeasuredLayer[],
  rate: number,
): readonly Layer[] {
  const top = Math.max(0, ...rows.map(({ temporal }) => temporal))
  return rows.map(({ temporal, bitrateBps }) => {
    const layer = { ...size, framesPerSecond: rate / 2 ** (top - temporal), bitrateBps }
    return temporal === top ? layer : { ...layer, maxTemporal: temporal }
  })
}

/** Of the camera, in steps that a wavering measurement does not leave often. */
function frameRate(layers: readonly MeasuredLayer[]): number {
  const measured = Math.max(0, ...layers.map(({ framesPerSecond }) => framesPerSecond))
  if (measured === 0 || measured >= smoothRate * nearlySmooth) return smoothRate
  return Math.max(rateStep, Math.round(measured / rateStep) * rateStep)
}

/** The smaller side, which is what receivers limit. */
function linesOf(layer: MeasuredLayer | undefined): number {
  if (!layer) return 0
  return layer.width > 0 ? Math.min(layer.width, layer.height) : layer.height
}

/** The same layer, whatever it costs now. */
export function isSameLayer(a: Layer, b: Layer): boolean {
  return a.size === b.size && a.maxTemporal === b.maxTemporal
}

/** What the engine is told: the highest layers that may be forwarded. */
export interface LayerLimits {
  readonly maxEncoding: number
  readonly maxSpatial?: number
  readonly maxTemporal?: number
}

/**
 * The limits hold for simulcast and for one stream with layers alike, since a sender may go from one to the other any time.
 * Who has all there is, and wants at least the usual size, is not limited: more comes as soon as it is sent.
 */
export function limitsFor(wish: VideoWish, layer: Layer, layers: readonly Layer[]): LayerLimits {
  const { encodingCount } = wish.source
  const inTimeLimit = layer.maxTemporal === undefined ? {} : { maxTemporal: layer.maxTemporal }
  const isTop = layer.size === Math.max(...layers.map(({ size }) => size))
  if (isTop && (wish.maxHeight >= topHeight || wish.source.videoType === 'desktop')) {
    return { maxEncoding: encodingCount - 1, ...inTimeLimit }
  }
  return { maxEncoding: Math.min(layer.size, encodingCount - 1), maxSpatial: layer.size, ...inTimeLimit }
}

/**
 * The layers that a receiver may climb, lowest first; empty for a source that it does not want. One that is too large for
 * any positive wish still gives its lowest layer: that is better than nothing.
 */
export function usableLayers<S extends VideoSource>(wish: VideoWish<S>, layersOf: LayersOf<S>): readonly Layer[] {
  const { source, maxHeight, maxFrameRate } = wish
  if (maxHeight <= 0 || source.videoType === 'none') return []
  const all = [...layersOf(source)].sort((a, b) => a.height - b.height || a.framesPerSecond - b.framesPerSecond)
  // a limit that no layer keeps cannot be kept: it must not cost the size as well
  const slow = maxFrameRate < 0 ? [] : all.filter(({ framesPerSecond }) => framesPerSecond <= maxFrameRate)
  const layers = slow.length > 0 ? slow : all
  const worthwhile = layers.filter((layer) => isWorthwhile(layer, layers, source))
  const small = worthwhile.filter(({ height }) => source.videoType === 'desktop' || height <= maxHeight)
  return small.length > 0 ? small : worthwhile.slice(0, 1)
}

/**
 * People move: a small picture at its full frame rate looks better than a large one that stutters, so only the smallest size
 * comes at lower rates. A screen is the other way round: all its detail is in the largest size, whatever the rate.
 */
function isWorthwhile(layer: Layer, layers: readonly Layer[], source: VideoSource): boolean {
  if (source.videoType === 'desktop') return layer.height === layers.at(-1)?.height
  const fullRate = Math.min(smoothRate, Math.max(...layers.map(({ framesPerSecond }) => framesPerSecond)))
  return layer.height === layers[0]?.height || layer.framesPerSecond >= fullRate
}

function usualBps({ videoType }: VideoSource, height: number): number {
  if (videoType === 'desktop') return screenBps
  return usual.find(([upTo]) => height <= upTo)?.[1] ?? screenBps
}

const topHeight = 720
const smoothRate = 30
/** A camera of 30 frames that loses some is no slower one. */
const nearlySmooth = 0.75
const rateStep = 5
const clearlyMore = 1.5
const screenBps = 1_500_000
/** The stock client's limits for VP8. */
const usual: readonly (readonly [upToHeight: number, bps: number])[] = [
  [270, 200_000],
  [540, 500_000],
  [720, 1_500_000],
]
