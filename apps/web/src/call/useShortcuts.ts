import { useEffect } from 'react'
import type { CallModel } from './call-model.ts'
import { shortcutOf } from './shortcuts.ts'

/** Single keys for the controls, except while a person types or a dialog is open. */
export function useShortcuts(call: CallModel): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event.target) || document.querySelector('dialog[open]')) return
      const action = shortcutOf(event)
      if (!action) return
      // Else the letter lands in the chat input that it has just opened.
      event.preventDefault()
      if (action === 'microphone') void call.toggleMicrophone()
      if (action === 'camera') void call.toggleCamera()
      if (action === 'share') void call.toggleShare()
      if (action === 'chat') call.toggleChat()
      if (action === 'hand') call.toggleHand()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [call])
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}
