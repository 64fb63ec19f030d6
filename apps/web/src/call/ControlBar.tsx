import {
  Hand,
  MessageSquare,
  Mic,
  MicOff,
  MonitorUp,
  MonitorX,
  PhoneOff,
  Settings,
  Video,
  VideoOff,
} from 'lucide-react'
import { useStore } from 'zustand'
import { IconButton } from '../ui/IconButton.tsx'
import styles from './ControlBar.module.css'
import type { CallModel } from './call-model.ts'
import { keyOf } from './shortcuts.ts'

interface ControlBarProps {
  readonly call: CallModel
  readonly onSettings: () => void
  readonly onLeave: () => void
}

export function ControlBar({ call, onSettings, onLeave }: ControlBarProps) {
  const { microphone, camera } = useStore(call.media.store)
  const { share, isChatOpen, unreadCount, isHandRaised } = useStore(call.store)
  return (
    <div className={styles.bar} role="toolbar" aria-label="Call controls">
      <IconButton
        icon={microphone.isMuted ? MicOff : Mic}
        label={microphone.isMuted ? 'Turn microphone on' : 'Mute microphone'}
        shortcut={keyOf('microphone')}
        tone={microphone.isMuted ? 'alert' : 'off'}
        isFlagged={microphone.problem !== undefined}
        onClick={() => void call.toggleMicrophone()}
        data-testid="toggle-mic"
      />
      <IconButton
        icon={camera.isMuted ? VideoOff : Video}
        label={camera.isMuted ? 'Turn camera on' : 'Turn camera off'}
        shortcut={keyOf('camera')}
        tone={camera.isMuted ? 'alert' : 'off'}
        isFlagged={camera.problem !== undefined}
        onClick={() => void call.toggleCamera()}
        data-testid="toggle-camera"
      />
      {call.canShareScreen && (
        <IconButton
          icon={share === 'off' ? MonitorUp : MonitorX}
          label={share === 'off' ? 'Share your screen' : 'Stop sharing'}
          shortcut={keyOf('share')}
          tone={share === 'off' ? 'off' : 'on'}
          disabled={share === 'starting'}
          onClick={() => void call.toggleShare()}
          data-testid="toggle-share"
        />
      )}
      <IconButton
        icon={Hand}
        label={isHandRaised ? 'Lower your hand' : 'Raise your hand'}
        shortcut={keyOf('hand')}
        tone={isHandRaised ? 'on' : 'off'}
        onClick={() => call.toggleHand()}
        data-testid="toggle-hand"
      />
      <IconButton
        icon={MessageSquare}
        label={isChatOpen ? 'Close chat' : 'Open chat'}
        shortcut={keyOf('chat')}
        tone={isChatOpen ? 'on' : 'off'}
        badge={unreadCount}
        aria-expanded={isChatOpen}
        onClick={() => call.toggleChat()}
        data-testid="toggle-chat"
      />
      <IconButton icon={Settings} label="Settings" onClick={onSettings} data-testid="open-settings" />
      <IconButton icon={PhoneOff} label="Leave meeting" tone="danger" onClick={onLeave} data-testid="leave" />
    </div>
  )
}
