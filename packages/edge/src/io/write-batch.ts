/**
 * What one turn of the event loop writes to a socket leaves together: one TLS record and one system call instead of one for
 * each frame. A stanza to a room is a few frames to every member, so most turns that write at all write several.
 */
import type { Writable } from 'node:stream'

export class WriteBatch {
  #held: Writable[] = []
  readonly #flush = (): void => {
    const held = this.#held
    this.#held = []
    // on a socket that was destroyed meanwhile this does nothing
    for (const socket of held) socket.uncork()
  }

  /** To be called before a write: from now to the end of the turn the socket keeps what it is given. */
  hold(socket: Writable): void {
    if (socket.writableCorked > 0 || socket.destroyed) return
    socket.cork()
    // after the events that came in together with the one that is being handled, before the loop sleeps
    if (this.#held.push(socket) === 1) setImmediate(this.#flush)
  }
}
