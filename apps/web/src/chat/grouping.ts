import type { ChatMessage } from '@parley/client'

/** Lines of one person within this time stand under one name. */
const GROUP_MS = 3 * 60_000

export function isContinuation(message: ChatMessage, before: ChatMessage | undefined): boolean {
  return (
    before !== undefined &&
    before.senderId === message.senderId &&
    before.isPrivate === message.isPrivate &&
    message.sentAt - before.sentAt < GROUP_MS
  )
}
