/** Tells the bridge what this page can show: each picture no larger than its tile, and nothing that is out of view. */
import type { ReceiverConstraints } from '@parley/client'
import type { TileState } from '../tile/tile-state.ts'
import type { Arrangement } from './layout/arrangement.ts'

/** Heights that senders' layers have; asking for others would only make the constraint change with every pixel. */
const STEPS = [180, 360, 720, 1080, 1440, 2160]

/** Sharper screens than this are not worth their bits in a call. */
const MAX_PIXEL_RATIO = 2

/** What we ask for sources we do not know yet, so that someone who joins is seen before the next layout. */
const UNKNOWN_MAX_HEIGHT = 360

/**
 * @param visibleIds tiles in view
 * @param pixelRatio physical pixels in a CSS pixel
 */
export function constraintsFor(
  tiles: readonly TileState[],
  arrangement: Arrangement,
  visibleIds: readonly string[],
  pixelRatio: number,
): ReceiverConstraints {
  const maxHeights: Record<string, number> = {}
  const onStageSources: string[] = []
  for (const tile of tiles) {
    if (tile.isLocal || tile.sourceId === undefined) continue
    const rect = arrangement.rects.get(tile.id)
    const isVisible = rect !== undefined && visibleIds.includes(tile.id)
    maxHeights[tile.sourceId] = isVisible ? heightStep(rect.height * Math.min(pixelRatio, MAX_PIXEL_RATIO)) : 0
    if (isVisible && tile.id === arrangement.stageId) {
      onStageSources.push(tile.sourceId)
      // Small print stays readable only at the size it was captured.
      if (tile.videoType === 'desktop') maxHeights[tile.sourceId] = STEPS.at(-1) ?? 0
    }
  }
  return { lastN: -1, onStageSources, defaultMaxHeight: UNKNOWN_MAX_HEIGHT, maxHeights }
}

/** The smallest step that is not clearly smaller than the tile. */
export function heightStep(pixels: number): number {
  return STEPS.find((step) => step * 1.15 >= pixels) ?? STEPS.at(-1) ?? pixels
}
