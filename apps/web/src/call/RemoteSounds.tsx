import { Volume2 } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { Button } from '../ui/Button.tsx'
import type { RemoteSound } from './call-model.ts'
import styles from './RemoteSounds.module.css'

interface RemoteSoundsProps {
  readonly sounds: readonly RemoteSound[]
  readonly speakerId: string
}

/**
 * What the others say. Browsers keep a page silent that was never touched (after a reload, or when it was opened by a
 * link): then one button turns everything on.
 */
export function RemoteSounds({ sounds, speakerId }: RemoteSoundsProps) {
  const [isBlocked, setBlocked] = useState(false)
  const container = useRef<HTMLDivElement>(null)
  const onBlocked = useCallback(() => setBlocked(true), [])
  const playAll = () => {
    setBlocked(false)
    for (const audio of container.current?.querySelectorAll('audio') ?? []) audio.play().catch(onBlocked)
  }
  return (
    <div ref={container}>
      {sounds.map((sound) => (
        <Sound key={sound.sourceId} sound={sound} speakerId={speakerId} onBlocked={onBlocked} />
      ))}
      {isBlocked && sounds.length > 0 && (
        <div className={styles.blocked} role="alert">
          <span>The browser keeps this page silent.</span>
          <Button isPrimary onClick={playAll}>
            <Volume2 size={18} aria-hidden />
            Turn sound on
          </Button>
        </div>
      )}
    </div>
  )
}

interface SoundProps {
  readonly sound: RemoteSound
  readonly speakerId: string
  readonly onBlocked: () => void
}

function Sound({ sound, speakerId, onBlocked }: SoundProps) {
  const audio = useRef<HTMLAudioElement>(null)
  useEffect(() => {
    const element = audio.current
    if (!element) return
    element.srcObject = sound.stream
    element.play().catch((error: unknown) => {
      // Anything else (an element replaced while it starts) sorts itself out.
      if (error instanceof DOMException && error.name === 'NotAllowedError') onBlocked()
    })
    return () => {
      element.srcObject = null
    }
  }, [sound.stream, onBlocked])
  useEffect(() => {
    // A speaker that is gone leaves the sound where it is.
    audio.current?.setSinkId?.(speakerId).catch(() => {})
  }, [speakerId])
  return <audio ref={audio} data-source-id={sound.sourceId} data-participant-id={sound.participantId} autoPlay />
}
