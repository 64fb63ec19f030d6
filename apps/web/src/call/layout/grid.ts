/** Everybody equally large: rows of tiles, the last one centred. */
import { type Arrangement, type Area, GAP, type Rect } from './arrangement.ts'

/** Wider than a camera picture is waste. */
const WIDEST = 16 / 9
/** Narrower tiles crop faces away; portrait areas (phones) may go further, since so do their cameras. */
const NARROWEST = 4 / 3
const NARROWEST_IN_PORTRAIT = 0.7
/** Below this width (CSS px) names stop fitting: the grid scrolls instead. */
const MIN_TILE_WIDTH = 150

/**
 * The number of columns that shows most. Ties go to fewer columns, so that a phone stacks two people.
 * @param ids tile ids in order of reading
 */
export function arrangeGrid(ids: readonly string[], area: Area): Arrangement {
  const size = fitGrid(ids.length, area)
  const rows = Math.ceil(ids.length / size.columns)
  const contentHeight = rows * (size.height + GAP) - GAP
  const top = Math.max(0, (area.height - contentHeight) / 2)
  const rects = new Map<string, Rect>()
  ids.forEach((id, index) => {
    const row = Math.floor(index / size.columns)
    const inRow = Math.min(size.columns, ids.length - row * size.columns)
    const left = (area.width - inRow * (size.width + GAP) + GAP) / 2
    rects.set(id, {
      x: left + (index - row * size.columns) * (size.width + GAP),
      y: top + row * (size.height + GAP),
      width: size.width,
      height: size.height,
    })
  })
  return { rects, stageId: undefined, contentWidth: area.width, contentHeight: Math.max(contentHeight, area.height) }
}

export interface GridSize {
  readonly columns: number
  /** Of one tile, CSS px. */
  readonly width: number
  readonly height: number
}

export function fitGrid(count: number, area: Area): GridSize {
  const isPortrait = area.width < area.height
  const narrowest = isPortrait ? NARROWEST_IN_PORTRAIT : NARROWEST
  let best: GridSize = { columns: 1, width: 0, height: 0 }
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const size = fitTile(columns, Math.ceil(count / columns), area, narrowest)
    if (visiblePicture(size, isPortrait) > visiblePicture(best, isPortrait)) best = size
  }
  return best.width < Math.min(MIN_TILE_WIDTH, area.width) ? scrollingGrid(area) : best
}

function fitTile(columns: number, rows: number, area: Area, narrowest: number): GridSize {
  const cellWidth = Math.max(0, (area.width - (columns - 1) * GAP) / columns)
  const cellHeight = Math.max(0, (area.height - (rows - 1) * GAP) / rows)
  const height = Math.min(cellHeight, cellWidth / narrowest)
  return { columns, width: Math.min(cellWidth, height * WIDEST), height }
}

/** Area, counting down for what a tile narrower than the picture cuts off; not on phones, whose pictures are upright. */
function visiblePicture(size: GridSize, isPortrait: boolean): number {
  if (size.height === 0) return 0
  const cropped = Math.sqrt(Math.min(1, size.width / size.height / WIDEST))
  return size.width * size.height * (isPortrait ? 1 : cropped)
}

function scrollingGrid(area: Area): GridSize {
  const columns = Math.max(1, Math.floor((area.width + GAP) / (MIN_TILE_WIDTH + GAP)))
  const width = (area.width - (columns - 1) * GAP) / columns
  return { columns, width, height: width / NARROWEST }
}
