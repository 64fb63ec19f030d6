/** Keys that work anywhere in a call except while typing. */

export type ShortcutAction = 'microphone' | 'camera' | 'share' | 'chat' | 'hand'

export interface Shortcut {
  readonly key: string
  readonly action: ShortcutAction
  readonly meaning: string
}

export const SHORTCUTS: readonly Shortcut[] = [
  { key: 'm', action: 'microphone', meaning: 'Microphone' },
  { key: 'v', action: 'camera', meaning: 'Camera' },
  { key: 'd', action: 'share', meaning: 'Share screen' },
  { key: 'c', action: 'chat', meaning: 'Chat' },
  { key: 'r', action: 'hand', meaning: 'Raise hand' },
]

type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'repeat'>

/** Combinations belong to the browser; a key held down acts once. */
export function shortcutOf(press: KeyPress): ShortcutAction | undefined {
  if (press.ctrlKey || press.altKey || press.metaKey || press.repeat) return undefined
  return SHORTCUTS.find(({ key }) => key === press.key.toLowerCase())?.action
}

export function keyOf(action: ShortcutAction): string {
  return SHORTCUTS.find((shortcut) => shortcut.action === action)?.key.toUpperCase() ?? ''
}
