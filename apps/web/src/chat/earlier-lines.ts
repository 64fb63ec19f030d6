/** Chat that outlives a lost connection: what was said in earlier stays of the same call, before what is said in this one. */
import type { ChatMessage } from '@parley/client'

/** As many lines as a conference itself remembers. */
const MAX_LINES = 500

/** A room may replay its history to who comes back: what is there already is not said twice. */
export function isKnownLine(earlier: readonly ChatMessage[], { id, senderId }: ChatMessage): boolean {
  return earlier.some((known) => known.id === id && known.senderId === senderId)
}

/** @returns `now` itself when there is nothing earlier */
export function withEarlierLines(earlier: readonly ChatMessage[], now: readonly ChatMessage[]): readonly ChatMessage[] {
  if (earlier.length === 0) return now
  return [...earlier, ...now.filter((message) => !isKnownLine(earlier, message))].slice(-MAX_LINES)
}
