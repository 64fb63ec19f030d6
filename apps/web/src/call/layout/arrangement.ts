/** What every layout returns: where each tile goes. All lengths are CSS px; positions are relative to the content. */

export const GAP = 8

export interface Area {
  readonly width: number
  readonly height: number
}

export interface Rect extends Area {
  readonly x: number
  readonly y: number
}

export interface Arrangement {
  readonly rects: ReadonlyMap<string, Rect>
  /** The large tile, which stays in view while the others scroll. */
  readonly stageId: string | undefined
  /** What is larger than the area scrolls. */
  readonly contentWidth: number
  readonly contentHeight: number
}

export interface Viewport extends Area {
  readonly scrollLeft: number
  readonly scrollTop: number
}

/** Ids of tiles of which at least a pixel can be seen. */
export function visibleTiles(arrangement: Arrangement, viewport: Viewport): readonly string[] {
  return [...arrangement.rects]
    .filter(([id, rect]) => id === arrangement.stageId || overlaps(rect, viewport))
    .map(([id]) => id)
}

function overlaps(rect: Rect, viewport: Viewport): boolean {
  return (
    rect.x < viewport.scrollLeft + viewport.width &&
    rect.x + rect.width > viewport.scrollLeft &&
    rect.y < viewport.scrollTop + viewport.height &&
    rect.y + rect.height > viewport.scrollTop
  )
}
