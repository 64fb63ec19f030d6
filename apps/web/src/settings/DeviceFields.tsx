import { useStore } from 'zustand'
import type { LocalMedia } from '../media/local-media.ts'
import type { PreferencesStore } from '../preferences.ts'
import { SelectField } from '../ui/Field.tsx'

interface DeviceFieldsProps {
  readonly media: LocalMedia
  readonly preferences: PreferencesStore
}

/** Choice of camera, microphone and, where the browser lets pages choose one, speaker. Remembered for the next time. */
export function DeviceFields({ media, preferences }: DeviceFieldsProps) {
  const { microphones, cameras, speakers, microphoneId, cameraId } = useStore(media.store)
  const { speakerId } = useStore(preferences)
  return (
    <>
      <SelectField
        label="Microphone"
        value={microphoneId}
        options={microphones}
        onChoose={(id) => {
          preferences.setState({ microphoneId: id })
          void media.choose('microphone', id)
        }}
      />
      <SelectField
        label="Camera"
        value={cameraId}
        options={cameras}
        onChoose={(id) => {
          preferences.setState({ cameraId: id })
          void media.choose('camera', id)
        }}
      />
      {canChooseSpeaker && (
        <SelectField
          label="Speaker"
          value={speakerId}
          options={speakers}
          onChoose={(id) => preferences.setState({ speakerId: id })}
        />
      )}
    </>
  )
}

const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype
