import { useState } from 'react'
import { useStore } from 'zustand'
import { ChatPanel } from '../chat/ChatPanel.tsx'
import type { PreferencesStore } from '../preferences.ts'
import { SettingsDialog } from '../settings/SettingsDialog.tsx'
import styles from './CallRoom.module.css'
import { ControlBar } from './ControlBar.tsx'
import { CopyLink } from './CopyLink.tsx'
import type { CallModel } from './call-model.ts'
import { MediaStateBanner } from './MediaStateBanner.tsx'
import { RemoteSounds } from './RemoteSounds.tsx'
import { Stage } from './Stage.tsx'
import { ToastList } from './ToastList.tsx'
import { useShortcuts } from './useShortcuts.ts'

interface CallRoomProps {
  readonly call: CallModel
  readonly preferences: PreferencesStore
  readonly onLeave: () => void
}

export function CallRoom({ call, preferences, onLeave }: CallRoomProps) {
  const { tiles, sounds, pinnedTileId, isChatOpen, mediaState } = useStore(call.store)
  const { speakerId } = useStore(preferences)
  const [areSettingsOpen, setSettingsOpen] = useState(false)
  const peopleCount = tiles.filter(({ videoType }) => videoType === 'camera').length
  useShortcuts(call)
  return (
    <main className={styles.room} data-chat={isChatOpen}>
      <header className={styles.header}>
        <h1 className={styles.title} title={call.room}>
          {call.room}
        </h1>
        <span className={styles.count}>{peopleCount === 1 ? 'Only you' : `${peopleCount} people`}</span>
        <CopyLink />
      </header>
      <section className={styles.stage} aria-label="Participants">
        <Stage call={call} tiles={tiles} pinnedTileId={pinnedTileId} />
        {peopleCount === 1 && (
          <div className={styles.alone}>
            <p className={styles.aloneTitle}>You are the first one here</p>
            <p>Send the link to those you want to meet.</p>
            <CopyLink isLabelled />
          </div>
        )}
        <MediaStateBanner state={mediaState} />
        <ToastList toasts={call.toasts} />
      </section>
      {isChatOpen && <ChatPanel call={call} />}
      <footer className={styles.footer}>
        <ControlBar call={call} onSettings={() => setSettingsOpen(true)} onLeave={onLeave} />
      </footer>
      <RemoteSounds sounds={sounds} speakerId={speakerId} />
      {areSettingsOpen && (
        <SettingsDialog call={call} preferences={preferences} onClose={() => setSettingsOpen(false)} />
      )}
    </main>
  )
}
