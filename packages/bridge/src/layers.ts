/** Of which sizes and frame rates a source can be forwarded, what each costs, and which of them make sense for a receiver. */
import type { SentVideoType } from '@parley/protocol'

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
  /** The engine's index of the encoding. */
  readonly encoding: number
  /** Lines; nominal, since clients capture what they like. */
  readonly height: number
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
 * A source's encodings as the stock client makes them.
 * @param measuredBps by encoding; one that rests, or was not measured yet, is taken for what it costs usually
 */
export function encodingLayers(source: VideoSource, measuredBps: readonly number[] = []): readonly Layer[] {
  return Array.from({ length: source.encodingCount }, (_, encoding) => {
    const height = nominalHeight(encoding, source.encodingCount)
    return { encoding, height, framesPerSecond: 30, bitrateBps: measuredBps[encoding] || usualBps(source, height) }
  })
}

/**
 * The layers that a receiver may climb, lowest first; empty for a source that it does not want. One that is too large for
 * any positive wish still gives its lowest layer: that is better than nothing.
 */
export function usableLayers<S extends VideoSource>(wish: VideoWish<S>, layersOf: LayersOf<S>): readonly Layer[] {
  const { source, maxHeight, maxFrameRate } = wish
  if (maxHeight <= 0 || source.videoType === 'none') return []
  const layers = [...layersOf(source)].sort((a, b) => a.height - b.height || a.framesPerSecond - b.framesPerSecond)
  const worthwhile = layers.filter((layer) => isWorthwhile(layer, layers, source))
  const small = worthwhile.filter(({ height }) => source.videoType === 'desktop' || height <= maxHeight)
  if (small.length === 0) return worthwhile.slice(0, 1)
  // a limit that no layer keeps cannot be kept: it must not cost the size as well
  const slow = maxFrameRate < 0 ? [] : small.filter(({ framesPerSecond }) => framesPerSecond <= maxFrameRate)
  return slow.length > 0 ? slow : small
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
const screenBps = 1_500_000
/** The stock client's limits for VP8. */
const usual: readonly (readonly [upToHeight: number, bps: number])[] = [
  [270, 200_000],
  [540, 500_000],
  [720, 1_500_000],
]
