import { useState } from 'react'
import { useStore } from 'zustand'
import type { AppModel } from '../app-model.ts'
import { describeProblem } from '../media/capture-problem.ts'
import type { LocalMedia } from '../media/local-media.ts'

/** What the pre-join page shows and does. Mutes chosen here are remembered for the next meeting. */
export function usePrejoin(app: AppModel, media: LocalMedia) {
  const { microphone, camera } = useStore(media.store)
  const [name, setName] = useState(() => app.preferences.getState().displayName)
  return {
    microphone,
    camera,
    name,
    setName,
    hints: [
      ...(camera.problem ? [{ kind: 'camera' as const, ...describeProblem('camera', camera.problem) }] : []),
      ...(microphone.problem
        ? [{ kind: 'microphone' as const, ...describeProblem('microphone', microphone.problem) }]
        : []),
    ],
    toggleMicrophone: () => {
      app.preferences.setState({ isMicrophoneMuted: !microphone.isMuted })
      void media.setMicrophoneMuted(!microphone.isMuted)
    },
    toggleCamera: () => {
      app.preferences.setState({ isCameraMuted: !camera.isMuted })
      void media.setCameraMuted(!camera.isMuted)
    },
    join: () => app.join(name.trim()),
  }
}
