/** What the roles hold at a moment, counted: all zero but for the focus's own user when nobody is there. */
import type { Bridge } from '@parley/bridge'
import type { Focus } from '@parley/focus'
import type { MediaEngine } from '@parley/media-engine'
import type { XmppServer } from '@parley/xmpp'

export interface Inventory {
  /** Signalling streams. */
  readonly connections: number
  /** Full addresses on the router, the focus's own among them. */
  readonly users: number
  /** Multi-user chat rooms. */
  readonly rooms: number
  /** Conferences of the focus. */
  readonly conferences: number
  /** Conferences of the bridge, which may outlive the focus's by a minute. */
  readonly bridgeConferences: number
  readonly endpoints: number
  readonly channels: number
  /** Of the engine. */
  readonly transports: number
}

export interface Roles {
  readonly xmpp: XmppServer
  readonly focus: Focus
  readonly bridge: Bridge
  readonly engine: MediaEngine
}

/** Costs a reading of the engine: for once in a while. */
export function takeInventory({ xmpp, focus, bridge, engine }: Roles): Inventory {
  const { connections, users, rooms } = xmpp.statistics()
  const { conferences, endpoints, channels } = bridge.stats()
  return {
    connections,
    users,
    rooms,
    conferences: focus.conferences().length,
    bridgeConferences: conferences,
    endpoints,
    channels,
    transports: engine.stats().transports.length,
  }
}
