import { type KeyboardEvent, useLayoutEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import type { CallModel } from '../call/call-model.ts'

/** This close to the end (px) the list follows new lines; further up, someone is reading. */
const FOLLOW_PX = 60

export function useChat(call: CallModel) {
  const { messages, phase } = useStore(call.store)
  const [draft, setDraft] = useState('')
  const list = useRef<HTMLOListElement>(null)
  const isFollowing = useRef(true)
  useLayoutEffect(() => {
    if (isFollowing.current) list.current?.scrollTo({ top: list.current.scrollHeight })
  }, [messages])
  const send = () => {
    isFollowing.current = true
    if (call.sendChat(draft)) setDraft('')
  }
  return {
    messages,
    draft,
    setDraft,
    send,
    list,
    canSend: phase.kind === 'joined' && draft.trim() !== '',
    onScroll: () => {
      const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = list.current ?? {}
      isFollowing.current = scrollHeight - scrollTop - clientHeight < FOLLOW_PX
    },
    onKeyDown: (event: KeyboardEvent) => {
      // While an input method composes a character, Enter belongs to it.
      if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
        event.preventDefault()
        send()
      }
      if (event.key === 'Escape') call.toggleChat()
    },
  }
}
