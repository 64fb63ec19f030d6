import { useEffect, useRef } from 'react'
import { watchAudioLevel } from './audio-level.ts'
import styles from './LevelMeter.module.css'

/** How loud the microphone is; empty without a track. */
export function LevelMeter({ track }: { readonly track: MediaStreamTrack | null }) {
  const bar = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!track) return
    return watchAudioLevel(track, (level) => bar.current?.style.setProperty('--level', level.toFixed(3)))
  }, [track])
  return (
    <div className={styles.meter} data-testid="level-meter">
      <span className={styles.label}>{track ? 'Microphone level' : 'Microphone is off'}</span>
      <div className={styles.scale} aria-hidden>
        <div className={styles.bar} ref={bar} />
      </div>
    </div>
  )
}
