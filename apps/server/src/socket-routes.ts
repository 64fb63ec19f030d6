/** Which WebSocket goes to which role, and within which bounds. */
import type { Bridge } from '@parley/bridge'
import type { SocketRoute } from '@parley/edge'
import type { XmppServer } from '@parley/xmpp'
import { withVisitorAddress } from './visitor-address.ts'

/** Signalling: RFC 7395. */
export function xmppRoute(xmpp: XmppServer): SocketRoute {
  return {
    ...BOUNDS,
    match: 'exact',
    path: '/xmpp-websocket',
    subProtocol: 'xmpp',
    plainGet: 'ok',
    maxMessageBytes: 512 * 1024,
    authorize: ({ query, origin, remoteAddress }) => ({
      kind: 'admitted',
      open: (channel) =>
        xmpp.acceptWebSocket(withVisitorAddress(channel, origin), {
          query: {
            room: query.get('room') ?? undefined,
            token: query.get('token') ?? undefined,
            previd: query.get('previd') ?? undefined,
          },
          remoteAddress,
        }),
    }),
  }
}

/** Bridge channels: `/colibri-ws/<server>/<conference>/<endpoint>?pwd=…`. */
export function colibriRoute(bridge: Bridge): SocketRoute {
  return {
    ...BOUNDS,
    match: 'prefix',
    path: '/colibri-ws/',
    plainGet: 'upgrade-required',
    maxMessageBytes: 64 * 1024,
    authorize({ path, query }) {
      const authorization = bridge.authorizeChannel(path, query.toString())
      if (authorization.kind === 'refused') return authorization
      return {
        kind: 'admitted',
        open(channel) {
          const handlers = bridge.attachChannel(authorization.ticket, {
            ...channel,
            close: (code, reason) => channel.close(code, reason),
          })
          return {
            onText: (text) => handlers.onText(text),
            onBinary: (bytes) => handlers.onBinary(bytes.length),
            onClose: () => handlers.onClose(),
          }
        },
      }
    },
  }
}

const BOUNDS = {
  // Above the roles' own bounds, which end a connection with a reason; this one only keeps memory finite.
  maxBufferedBytes: 16 * 1024 * 1024,
  // Five pauses are 20 s: so long may a participant without a network stay in the room. Four, the shortest silence that ends a
  // connection, are more than the 12.6 s after which TCP tries again when a network was gone for ten.
  pingIntervalMs: 4000,
} as const
