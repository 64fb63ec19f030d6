/** On which media threads a room lives, and how names say so. See `docs/decisions/0006-rooms-have-threads.md`. */

/** What makes a room costly on a thread: every copy of a source that is sent there, and everybody who is in it. */
export interface RoomPart {
  readonly thread: number
  readonly transports: { readonly size: number }
  /** Number of sources by receiver. */
  readonly forwarded: ReadonlyMap<unknown, number>
}

/**
 * The thread with the least to do, by what rooms forward now; the one with the fewest rooms among equals. Nobody moves
 * later: a room that grows meets new rooms on other threads.
 * @param except threads that are not to be chosen
 */
export function idlestThread(
  parts: Iterable<RoomPart>,
  threads: number,
  except?: { has(thread: number): boolean },
): number {
  const loads = Array.from({ length: threads }, () => 0)
  for (const part of parts) {
    let load = EMPTY_ROOM + part.transports.size * IDLE_TRANSPORT
    for (const sources of part.forwarded.values()) load += sources
    loads[part.thread] = (loads[part.thread] ?? 0) + load
  }
  const allowed = loads.map((load, thread) => (except?.has(thread) ? Infinity : load))
  return allowed.indexOf(Math.min(...allowed))
}

/**
 * The thread for one more participant of a room: the part with the fewest, or undefined for a new part. A room begins on one
 * thread, where every packet is for its own receivers, and takes another one for each {@link partSize} participants: a
 * packet that goes to another thread is copied once for all of its receivers there.
 */
export function partForNext<P extends RoomPart>(parts: readonly P[], threads: number): P | undefined {
  const participants = parts.reduce((sum, { transports }) => sum + transports.size, 0)
  const wanted = Math.min(threads, Math.floor(participants / partSize) + 1)
  if (parts.length < wanted) return undefined
  return parts.reduce((least, part) => (part.transports.size < least.transports.size ? part : least))
}

/** So many receive what one thread forwards before a second one is worth the copies. */
export const partSize = 32

/** The first character of a local ICE user name fragment: a check tells by it to whom it goes. */
export function threadDigit(thread: number): string {
  return BASE64[thread] ?? ''
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
export const maxThreads = BASE64.length

/** In copies of a source. Somebody is about to come into an empty room. */
const EMPTY_ROOM = 1
/** Checks, reports and feedback. */
const IDLE_TRANSPORT = 0.25
