/** One large tile and a filmstrip of the others: beside it in a wide area, below it in a tall one. */
import { type Arrangement, type Area, GAP, type Rect } from './arrangement.ts'

const STRIP_ASPECT = 16 / 9
/** Thumbnails in the strip, CSS px. */
const SIDE_STRIP = { share: 0.17, min: 150, max: 240 }
const BOTTOM_STRIP = { share: 0.16, min: 76, max: 130 }
/** Areas at least this wide for their height have room beside a 16:9 stage. */
const WIDE = 1.35

export function arrangeStage(ids: readonly string[], stageId: string, area: Area): Arrangement {
  const strip = ids.filter((id) => id !== stageId)
  if (strip.length === 0) {
    const rects = new Map([[stageId, { x: 0, y: 0, width: area.width, height: area.height }]])
    return { rects, stageId, contentWidth: area.width, contentHeight: area.height }
  }
  return area.width / area.height >= WIDE
    ? arrangeSideStrip(strip, stageId, area)
    : arrangeBottomStrip(strip, stageId, area)
}

function arrangeSideStrip(strip: readonly string[], stageId: string, area: Area): Arrangement {
  const width = clamp(area.width * SIDE_STRIP.share, SIDE_STRIP)
  const height = width / STRIP_ASPECT
  const stripHeight = strip.length * (height + GAP) - GAP
  const x = area.width - width
  const top = Math.max(0, (area.height - stripHeight) / 2)
  const rects = new Map<string, Rect>()
  rects.set(stageId, { x: 0, y: 0, width: Math.max(0, x - GAP), height: area.height })
  strip.forEach((id, index) => rects.set(id, { x, y: top + index * (height + GAP), width, height }))
  return { rects, stageId, contentWidth: area.width, contentHeight: Math.max(area.height, stripHeight) }
}

function arrangeBottomStrip(strip: readonly string[], stageId: string, area: Area): Arrangement {
  const height = clamp(area.height * BOTTOM_STRIP.share, BOTTOM_STRIP)
  const width = height * STRIP_ASPECT
  const stripWidth = strip.length * (width + GAP) - GAP
  const y = area.height - height
  const left = Math.max(0, (area.width - stripWidth) / 2)
  const rects = new Map<string, Rect>()
  rects.set(stageId, { x: 0, y: 0, width: area.width, height: Math.max(0, y - GAP) })
  strip.forEach((id, index) => rects.set(id, { x: left + index * (width + GAP), y, width, height }))
  return { rects, stageId, contentWidth: Math.max(area.width, stripWidth), contentHeight: area.height }
}

function clamp(length: number, { min, max }: { min: number; max: number }): number {
  return Math.min(max, Math.max(min, length))
}
