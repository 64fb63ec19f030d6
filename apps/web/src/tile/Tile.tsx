import { Hand, MicOff, Pin, PinOff, WifiOff } from 'lucide-react'
import { type CSSProperties, memo } from 'react'
import { IconButton } from '../ui/IconButton.tsx'
import { hueOf, initialsOf } from './avatar.ts'
import styles from './Tile.module.css'
import type { TileState } from './tile-state.ts'
import { VideoView } from './VideoView.tsx'

interface TileProps {
  readonly tile: TileState
  readonly isPinned: boolean
  readonly onTogglePin: (tileId: string) => void
}

export const Tile = memo(function Tile({ tile, isPinned, onTogglePin }: TileProps) {
  const isScreen = tile.videoType === 'desktop'
  return (
    <article
      className={styles.tile}
      // Focusable by touch and script, so that a tap shows the tile's button; the button itself is in the tab order.
      tabIndex={-1}
      aria-label={describe(tile)}
      data-testid="tile"
      data-participant-id={tile.participantId}
      data-audio-muted={tile.audioMuted}
      data-video-muted={tile.videoMuted}
      data-active-speaker={tile.isActiveSpeaker}
      data-video-type={tile.videoType}
      data-interrupted={tile.isInterrupted}
    >
      {tile.stream ? (
        <VideoView stream={tile.stream} fit={isScreen ? 'contain' : 'cover'} isMirrored={tile.isLocal && !isScreen} />
      ) : (
        <div className={styles.noPicture}>
          <span className={styles.avatar} style={{ '--hue': hueOf(tile.participantId) } as CSSProperties} aria-hidden>
            {initialsOf(tile.name)}
          </span>
        </div>
      )}
      <div className={styles.outline} />
      {tile.isHandRaised && (
        <span className={styles.hand} title="Hand raised">
          <Hand size={18} aria-hidden />
        </span>
      )}
      <div className={styles.pin}>
        <IconButton
          icon={isPinned ? PinOff : Pin}
          label={isPinned ? 'Back to everybody' : `Enlarge ${tile.name}`}
          size="small"
          onClick={() => onTogglePin(tile.id)}
        />
      </div>
      <div className={styles.caption}>
        {!isScreen && tile.audioMuted && <MicOff className={styles.muted} size={15} aria-hidden />}
        <span className={styles.name}>{tile.isLocal && !isScreen ? `${tile.name} (you)` : tile.name}</span>
        {tile.isInterrupted && <WifiOff className={styles.lost} size={15} aria-hidden />}
      </div>
    </article>
  )
})

function describe(tile: TileState): string {
  if (tile.videoType === 'desktop') return tile.name
  const facts = [
    tile.isLocal && 'you',
    tile.audioMuted && 'microphone off',
    tile.videoMuted && 'camera off',
    tile.isActiveSpeaker && 'speaking',
    tile.isHandRaised && 'hand raised',
    tile.isInterrupted && 'connection interrupted',
  ]
  return [tile.name, ...facts.filter((fact) => typeof fact === 'string')].join(', ')
}
