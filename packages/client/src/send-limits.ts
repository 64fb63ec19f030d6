/**
 * How much of a video source to send, encoding by encoding: what the capture is worth splitting into, and what receivers want
 * of it at most (`SenderSourceConstraints`).
 */
import type { VideoType } from '@parley/protocol'
import type { VideoCodec } from './video-codec.ts'

export interface EncodingLimits {
  readonly isActive: boolean
  readonly scaleResolutionDownBy: number
  readonly maxBitrateBps: number
  /** W3C webrtc-svc; absent where the codec's default is meant. */
  readonly scalabilityMode?: string
}

export interface SendLimitsOptions {
  readonly videoType: VideoType
  readonly codec: VideoCodec
  /** As negotiated: 3 with simulcast, else 1. */
  readonly encodingCount: number
  /** Most pixels of the smaller side that anybody wants; 0 = nobody, `undefined` or negative = no limit. */
  readonly maxHeight: number | undefined
  /** The track's, when known. */
  readonly size: { readonly width: number; readonly height: number } | undefined
}

/** Parameters for each encoding, lowest first. */
export function sendLimits(options: SendLimitsOptions): readonly EncodingLimits[] {
  const { videoType, codec, encodingCount } = options
  const isLayered = encodingCount > 1 && videoType === 'camera' && simulcastCodecs.has(codec)
  if (isLayered) return simulcastLimits(options)
  const single = singleLimits(options)
  return Array.from({ length: encodingCount }, (_, index) => (index === 0 ? single : { ...single, isActive: false }))
}

/**
 * A camera's encodings are about 180, 360 and 720 lines, or more at the top. Small captures have fewer encodings, from the
 * lowest index up, so that an index means the same size for the bridge whatever the camera is. The lowest one runs as long as
 * anybody watches.
 */
function simulcastLimits({ codec, encodingCount, maxHeight, size = hd }: SendLimitsOptions): readonly EncodingLimits[] {
  const height = Math.min(size.width, size.height)
  const scales = scalesFor(size)
  const most = maxHeight === undefined || maxHeight < 0 ? Infinity : maxHeight
  return Array.from({ length: encodingCount }, (_, index) => {
    const scale = scales[index]
    if (scale === undefined)
      return { isActive: false, scaleResolutionDownBy: 1, maxBitrateBps: bitrateBps(codec, height) }
    const nominal = nominalHeights[index] ?? Infinity
    const isWanted = index === 0 ? most > 0 : most >= Math.min(nominal, height / scale)
    const wantedScale = Math.max(scale, height / Math.max(nominal, most))
    return {
      isActive: isWanted,
      scaleResolutionDownBy: wantedScale,
      maxBitrateBps: bitrateBps(codec, height / wantedScale),
    }
  })
}

/** One encoding that serves everybody; with layers, where the codec has them, of which the bridge gives each what fits. */
function singleLimits({ videoType, codec, maxHeight, size }: SendLimitsOptions): EncodingLimits {
  const isLimited = maxHeight !== undefined && maxHeight >= 0
  const height = size && Math.min(size.width, size.height)
  // text on a screen does not survive shrinking, and its still pictures cost little
  const scale = isLimited && maxHeight > 0 && height && videoType === 'camera' ? Math.max(1, height / maxHeight) : 1
  return {
    isActive: !isLimited || maxHeight > 0,
    scaleResolutionDownBy: scale,
    maxBitrateBps: videoType === 'desktop' ? screenBitrateBps : singleBitrateBps(codec, (height ?? 720) / scale),
    ...(svcCodecs.has(codec) && {
      scalabilityMode: videoType === 'desktop' ? 'L1T1' : cameraMode((height ?? hd.height) / scale),
    }),
  }
}

/**
 * Layers of a camera: down to 180 lines as with simulcast, each half the next, in three frame rates. Upper ones use lower ones
 * at key frames only, so that a receiver gets nothing but its own.
 */
function cameraMode(lines: number): string {
  if (lines >= 720) return 'L3T3_KEY'
  return lines >= 360 ? 'L2T3_KEY' : 'L1T3'
}

/** Browsers refuse a third encoding below 960×540 and a second one below 480×270. */
function scalesFor({ width, height }: { readonly width: number; readonly height: number }): readonly number[] {
  const pixels = width * height
  if (pixels < 480 * 270) return [1]
  if (pixels < 960 * 540) return [2, 1]
  const smaller = Math.min(width, height)
  return smaller >= 2160 ? [12, 6, 1] : smaller >= 1080 ? [6, 3, 1] : [4, 2, 1]
}

function bitrateBps(codec: VideoCodec, height: number): number {
  return (bitrates.find(([upTo]) => height <= upTo) ?? bitrates[bitrates.length - 1])?.[1][codec] ?? screenBitrateBps
}

/** An encoding of its own has the budget that simulcast would spread over three. */
function singleBitrateBps(codec: VideoCodec, height: number): number {
  return Math.round(bitrateBps(codec, height) * (codec === 'vp8' ? 1.5 : 1.2))
}

const simulcastCodecs: ReadonlySet<VideoCodec> = new Set(['vp8', 'h264'])
const svcCodecs: ReadonlySet<VideoCodec> = new Set(['vp9', 'av1'])
const hd = { width: 1280, height: 720 }
/** What the bridge takes the encodings for. */
const nominalHeights = [180, 360, 720]
const screenBitrateBps = 2_500_000
/** The stock client's defaults. */
const bitrates: readonly (readonly [upToHeight: number, bps: Readonly<Record<VideoCodec, number>>])[] = [
  [270, { vp8: 200_000, vp9: 100_000, av1: 100_000, h264: 400_000 }],
  [540, { vp8: 500_000, vp9: 300_000, av1: 300_000, h264: 800_000 }],
  [720, { vp8: 1_500_000, vp9: 1_200_000, av1: 1_000_000, h264: 2_000_000 }],
  [1080, { vp8: 3_000_000, vp9: 2_500_000, av1: 2_000_000, h264: 4_000_000 }],
  [2160, { vp8: 6_000_000, vp9: 5_000_000, av1: 4_000_000, h264: 8_000_000 }],
]
