import { X } from 'lucide-react'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { CallModel } from '../call/call-model.ts'
import { SHORTCUTS } from '../call/shortcuts.ts'
import { LevelMeter } from '../media/LevelMeter.tsx'
import type { PreferencesStore } from '../preferences.ts'
import { Button } from '../ui/Button.tsx'
import { Field, inputClass } from '../ui/Field.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { DeviceFields } from './DeviceFields.tsx'
import styles from './SettingsDialog.module.css'

interface SettingsDialogProps {
  readonly call: CallModel
  readonly preferences: PreferencesStore
  readonly onClose: () => void
}

export function SettingsDialog({ call, preferences, onClose }: SettingsDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const { microphone } = useStore(call.media.store)
  const [name, setName] = useState(call.displayName)
  useEffect(() => dialog.current?.showModal(), [])
  const save = (event: FormEvent) => {
    event.preventDefault()
    const displayName = name.trim()
    if (displayName !== call.displayName) {
      preferences.setState({ displayName })
      call.setDisplayName(displayName)
    }
    dialog.current?.close()
  }
  return (
    <dialog ref={dialog} className={styles.dialog} onClose={onClose} aria-labelledby="settings-title">
      <form className={styles.form} onSubmit={save}>
        <header className={styles.header}>
          <h2 id="settings-title">Settings</h2>
          <IconButton
            icon={X}
            label="Close settings"
            tone="quiet"
            size="small"
            onClick={() => dialog.current?.close()}
          />
        </header>
        <Field label="Your name">
          {(id) => (
            <input
              id={id}
              className={inputClass}
              value={name}
              onChange={(event) => setName(event.target.value)}
              maxLength={80}
              autoComplete="name"
            />
          )}
        </Field>
        <DeviceFields media={call.media} preferences={preferences} />
        <LevelMeter track={microphone.isMuted ? null : microphone.track} />
        <dl className={styles.shortcuts} aria-label="Keyboard shortcuts">
          {SHORTCUTS.map(({ key, meaning }) => (
            <div key={key}>
              <dt>{key.toUpperCase()}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <Button type="submit" isPrimary>
          Done
        </Button>
      </form>
    </dialog>
  )
}
