import { useEffect, useRef } from 'react'
import styles from './VideoView.module.css'

interface VideoViewProps {
  readonly stream: MediaStream
  readonly fit: 'cover' | 'contain'
  /** One's own picture, as in a mirror. */
  readonly isMirrored?: boolean
}

/** A picture without sound: sound has its own elements, so that it survives every change of layout. */
export function VideoView({ stream, fit, isMirrored = false }: VideoViewProps) {
  const video = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    const element = video.current
    if (!element) return
    element.srcObject = stream
    return () => {
      element.srcObject = null
    }
  }, [stream])
  return (
    <video ref={video} className={styles.video} data-fit={fit} data-mirrored={isMirrored} autoPlay playsInline muted />
  )
}
