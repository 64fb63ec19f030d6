/** Which layout the call is in, and its arrangement. A layout is one member of a union and one pure function. */
import type { Arrangement, Area } from './arrangement.ts'
import { arrangeGrid } from './grid.ts'
import { arrangeStage } from './stage.ts'

export type Layout = { readonly kind: 'grid' } | { readonly kind: 'stage'; readonly stageId: string }

export interface LayoutTile {
  readonly id: string
  readonly isLocal: boolean
  readonly videoType: 'camera' | 'desktop'
}

/** What the person pinned; else the screen shared last by another; else everybody. */
export function chooseLayout(tiles: readonly LayoutTile[], pinnedId: string | undefined): Layout {
  const stage =
    tiles.find((tile) => tile.id === pinnedId) ??
    tiles.findLast((tile) => tile.videoType === 'desktop' && !tile.isLocal)
  // One's own screen on the stage would show itself in itself, without end.
  return stage ? { kind: 'stage', stageId: stage.id } : { kind: 'grid' }
}

export function arrange(layout: Layout, ids: readonly string[], area: Area): Arrangement {
  return layout.kind === 'grid' ? arrangeGrid(ids, area) : arrangeStage(ids, layout.stageId, area)
}
