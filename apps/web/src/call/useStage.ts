import { type RefObject, useEffect, useMemo, useState } from 'react'
import type { TileState } from '../tile/tile-state.ts'
import type { CallModel } from './call-model.ts'
import { constraintsFor } from './constraints.ts'
import { visibleTiles } from './layout/arrangement.ts'
import { arrange, chooseLayout } from './layout/layout.ts'
import { useElementSize } from './useElementSize.ts'

/** Resizing and scrolling change the layout many times a second; the bridge hears of the last one. */
const CONSTRAINTS_DELAY_MS = 150

/** The arrangement of the tiles in an element, and the constraints that follow from it sent to the bridge. */
export function useStage(
  call: CallModel,
  tiles: readonly TileState[],
  pinnedTileId: string | undefined,
  element: RefObject<HTMLElement | null>,
) {
  const area = useElementSize(element)
  const scroll = useScroll(element)
  // Tiles change with every mute and every word; where they are only changes with this.
  const key = JSON.stringify([tiles.map(({ id }) => id), chooseLayout(tiles, pinnedTileId)])
  const arrangement = useMemo(() => {
    const [ids, layout] = JSON.parse(key) as [string[], ReturnType<typeof chooseLayout>]
    return arrange(layout, ids, area)
  }, [key, area])
  useEffect(() => {
    if (area.width === 0 || area.height === 0) return
    const timer = setTimeout(() => {
      const visibleIds = visibleTiles(arrangement, { ...area, ...scroll })
      call.setReceiverConstraints(constraintsFor(tiles, arrangement, visibleIds, devicePixelRatio))
    }, CONSTRAINTS_DELAY_MS)
    return () => clearTimeout(timer)
  }, [call, tiles, arrangement, area, scroll])
  return arrangement
}

function useScroll(element: RefObject<HTMLElement | null>) {
  const [scroll, setScroll] = useState({ scrollLeft: 0, scrollTop: 0 })
  useEffect(() => {
    const target = element.current
    if (!target) return
    const read = () => setScroll({ scrollLeft: target.scrollLeft, scrollTop: target.scrollTop })
    target.addEventListener('scroll', read, { passive: true })
    return () => target.removeEventListener('scroll', read)
  }, [element])
  return scroll
}
