/**
 * An offer names the bridge's channel by an absolute URL, but without `PUBLIC_URL` only a visitor's own connection knows
 * under which address he reaches us: `localhost`, a LAN address, a name in a front proxy. Roles then use a stand-in, and the
 * connection puts the visitor's address in its place on the way out.
 */
import type { Channel } from '@parley/edge'

/** Under `.invalid` nothing can exist (RFC 6761 §6.4), so a text that names it is one of ours. */
export const VISITOR_BASE = 'wss://visitor.parley.invalid'

/** @param origin `https://host[:port]` as the visitor typed it */
export function withVisitorAddress(channel: Channel, origin: string): Channel {
  const base = webSocketBase(origin)
  return {
    send: (text) => channel.send(text.includes(VISITOR_BASE) ? text.replaceAll(VISITOR_BASE, base) : text),
    close: (code, reason) => channel.close(code, reason),
    bufferedBytes: () => channel.bufferedBytes(),
  }
}

/** `https://host` → `wss://host`. */
export function webSocketBase(origin: string): string {
  return origin.replace(/^http/, 'ws')
}
