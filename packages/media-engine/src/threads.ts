/** On which media thread a room lives, and how names say so. See `docs/decisions/0006-rooms-have-threads.md`. */

/** What makes a room costly: every copy of a source that is sent, and everybody who is in it. */
export interface RoomLoad {
  readonly thread: number
  readonly transports: { readonly size: number }
  /** Number of sources by receiver. */
  readonly forwarded: ReadonlyMap<unknown, number>
}

/**
 * The thread with the least to do, by what rooms forward now; the one with the fewest rooms among equals. Rooms do not
 * move later: a room that grows meets new rooms on other threads.
 */
export function threadForRoom(rooms: Iterable<RoomLoad>, threads: number): number {
  const loads = Array.from({ length: threads }, () => 0)
  for (const room of rooms) {
    let load = EMPTY_ROOM + room.transports.size * IDLE_TRANSPORT
    for (const sources of room.forwarded.values()) load += sources
    loads[room.thread] = (loads[room.thread] ?? 0) + load
  }
  return loads.indexOf(Math.min(...loads))
}

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
