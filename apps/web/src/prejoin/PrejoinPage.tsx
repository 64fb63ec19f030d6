import { Mic, MicOff, TriangleAlert, Video, VideoOff } from 'lucide-react'
import type { FormEvent } from 'react'
import type { AppModel } from '../app-model.ts'
import { LevelMeter } from '../media/LevelMeter.tsx'
import type { LocalMedia } from '../media/local-media.ts'
import { DeviceFields } from '../settings/DeviceFields.tsx'
import { VideoView } from '../tile/VideoView.tsx'
import { Button } from '../ui/Button.tsx'
import { Field, inputClass } from '../ui/Field.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { useTrackStream } from '../media/useTrackStream.ts'
import styles from './PrejoinPage.module.css'
import { usePrejoin } from './usePrejoin.ts'

interface PrejoinPageProps {
  readonly app: AppModel
  readonly room: string
  readonly media: LocalMedia
}

export function PrejoinPage({ app, room, media }: PrejoinPageProps) {
  const prejoin = usePrejoin(app, media)
  const { microphone, camera } = prejoin
  const preview = useTrackStream(camera.track)
  const join = (event: FormEvent) => {
    event.preventDefault()
    prejoin.join()
  }
  return (
    <main className={styles.page}>
      <section className={styles.preview} aria-label="Preview">
        {preview ? (
          <VideoView stream={preview} fit="cover" isMirrored />
        ) : (
          <p className={styles.noPicture}>{camera.isStarting ? 'Starting the camera…' : 'Camera is off'}</p>
        )}
        <div className={styles.controls}>
          <IconButton
            icon={microphone.isMuted ? MicOff : Mic}
            label={microphone.isMuted ? 'Turn microphone on' : 'Mute microphone'}
            tone={microphone.isMuted ? 'alert' : 'off'}
            isFlagged={microphone.problem !== undefined}
            onClick={prejoin.toggleMicrophone}
            data-testid="toggle-mic"
          />
          <IconButton
            icon={camera.isMuted ? VideoOff : Video}
            label={camera.isMuted ? 'Turn camera on' : 'Turn camera off'}
            tone={camera.isMuted ? 'alert' : 'off'}
            isFlagged={camera.problem !== undefined}
            onClick={prejoin.toggleCamera}
            data-testid="toggle-camera"
          />
        </div>
      </section>
      <form className={styles.form} onSubmit={join}>
        <div>
          <p className={styles.overline}>You are about to join</p>
          <h1 className={styles.room}>{room}</h1>
        </div>
        <Field label="Your name">
          {(id) => (
            <input
              id={id}
              className={inputClass}
              data-testid="display-name"
              value={prejoin.name}
              onChange={(event) => prejoin.setName(event.target.value)}
              placeholder="How others will see you"
              autoComplete="name"
              maxLength={80}
            />
          )}
        </Field>
        <Button type="submit" isPrimary data-testid="join">
          Join meeting
        </Button>
        {prejoin.hints.map((hint) => (
          <div key={hint.kind} className={styles.hint} role="status">
            <TriangleAlert size={18} aria-hidden />
            <p>
              <strong>{hint.what}</strong> {hint.advice}{' '}
              <button type="button" className={styles.retry} onClick={() => void retry(media, hint.kind)}>
                Try again
              </button>
            </p>
          </div>
        ))}
        <div className={styles.devices}>
          <LevelMeter track={microphone.isMuted ? null : microphone.track} />
          <DeviceFields media={media} preferences={app.preferences} />
        </div>
      </form>
    </main>
  )
}

function retry(media: LocalMedia, kind: 'camera' | 'microphone'): Promise<void> {
  return kind === 'camera' ? media.setCameraMuted(false) : media.setMicrophoneMuted(false)
}
