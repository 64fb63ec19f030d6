import { type CSSProperties, useCallback, useRef } from 'react'
import { Tile } from '../tile/Tile.tsx'
import type { TileState } from '../tile/tile-state.ts'
import type { CallModel } from './call-model.ts'
import type { Rect } from './layout/arrangement.ts'
import styles from './Stage.module.css'
import { useStage } from './useStage.ts'

interface StageProps {
  readonly call: CallModel
  readonly tiles: readonly TileState[]
  readonly pinnedTileId: string | undefined
}

/** All tiles, each where the arrangement puts it. Moving is styling only, so that no picture restarts. */
export function Stage({ call, tiles, pinnedTileId }: StageProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const arrangement = useStage(call, tiles, pinnedTileId, scroller)
  const togglePin = useCallback((tileId: string) => call.togglePin(tileId), [call])
  const { rects, stageId, contentWidth, contentHeight } = arrangement
  return (
    <div ref={scroller} className={styles.scroller} data-testid="stage" data-layout={stageId ? 'stage' : 'grid'}>
      <div className={styles.content} style={{ inlineSize: contentWidth, blockSize: contentHeight }}>
        {tiles.map((tile) => (
          <div
            key={tile.id}
            className={styles.place}
            data-on-stage={tile.id === stageId}
            style={place(rects.get(tile.id))}
          >
            <Tile tile={tile} isPinned={tile.id === pinnedTileId} onTogglePin={togglePin} />
          </div>
        ))}
      </div>
    </div>
  )
}

function place(rect: Rect | undefined): CSSProperties {
  if (!rect) return { display: 'none' }
  return { inlineSize: rect.width, blockSize: rect.height, '--x': `${rect.x}px`, '--y': `${rect.y}px` } as CSSProperties
}
