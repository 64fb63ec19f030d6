/** How much of a video source to send: what receivers want at most (`SenderSourceConstraints`), as encoder parameters. */
import type { VideoType } from '@parley/protocol'

export interface SendLimits {
  readonly isActive: boolean
  readonly scaleResolutionDownBy: number
  readonly maxBitrateBps: number
}

/**
 * @param maxHeight most pixels of the smaller side that anybody wants; 0 = nobody, `undefined` or negative = no limit
 * @param height the track's smaller side, when known
 */
export function sendLimits(
  videoType: VideoType,
  maxHeight: number | undefined,
  height: number | undefined,
): SendLimits {
  const isLimited = maxHeight !== undefined && maxHeight >= 0
  // text on a screen does not survive shrinking, and its still pictures cost little
  const scale = isLimited && maxHeight > 0 && height && videoType === 'camera' ? Math.max(1, height / maxHeight) : 1
  const sentHeight = (height ?? 720) / scale
  return {
    isActive: !isLimited || maxHeight > 0,
    scaleResolutionDownBy: scale,
    maxBitrateBps: videoType === 'desktop' ? screenBitrateBps : cameraBitrateBps(sentHeight),
  }
}

/** For one VP8 encoding that serves everybody; what Chromium spends when it is let alone, with a cap above 720p. */
function cameraBitrateBps(height: number): number {
  return bitrates.find(([upTo]) => height <= upTo)?.[1] ?? 6_000_000
}

const screenBitrateBps = 2_500_000
const bitrates: readonly (readonly [upToHeight: number, bps: number])[] = [
  [180, 300_000],
  [270, 500_000],
  [360, 800_000],
  [540, 1_500_000],
  [720, 2_500_000],
  [1080, 4_000_000],
]
