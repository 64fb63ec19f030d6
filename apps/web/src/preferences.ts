/**
 * What a person chose last time on this device: name, mutes, devices. Kept in `localStorage`; where storage is refused
 * (private windows, embedders), choices last as long as the page.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'

export interface Preferences {
  readonly displayName: string
  readonly isMicrophoneMuted: boolean
  readonly isCameraMuted: boolean
  /** Device ids as the browser gives them; `''` is the system's default. */
  readonly microphoneId: string
  readonly cameraId: string
  readonly speakerId: string
}

export type PreferencesStore = StoreApi<Preferences>

export const DEFAULTS: Preferences = {
  displayName: '',
  isMicrophoneMuted: false,
  isCameraMuted: false,
  microphoneId: '',
  cameraId: '',
  speakerId: '',
}

const KEY = 'parley.preferences'

/** @param storage usually `localStorage`; may be absent or throw on every access */
export function openPreferences(storage: Pick<Storage, 'getItem' | 'setItem'> | undefined): PreferencesStore {
  const store = createStore<Preferences>(() => parsePreferences(readItem(storage)))
  store.subscribe((preferences) => {
    try {
      storage?.setItem(KEY, JSON.stringify(preferences))
    } catch {
      // Storage is full or forbidden: the choice still holds for this page.
    }
  })
  return store
}

/** Takes over every known key whose type fits; anything else becomes its default. */
export function parsePreferences(text: string | null): Preferences {
  let stored: unknown
  try {
    stored = JSON.parse(text ?? '{}')
  } catch {
    return DEFAULTS
  }
  if (typeof stored !== 'object' || stored === null) return DEFAULTS
  const known = Object.entries(stored).filter(
    ([key, value]) => key in DEFAULTS && typeof value === typeof DEFAULTS[key as keyof Preferences],
  )
  return { ...DEFAULTS, ...Object.fromEntries(known) }
}

function readItem(storage: Pick<Storage, 'getItem'> | undefined): string | null {
  try {
    return storage?.getItem(KEY) ?? null
  } catch {
    return null
  }
}
