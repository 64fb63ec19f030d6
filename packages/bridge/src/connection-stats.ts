/** When to tell a client what the way to it carries: every 10 s, once there is an estimate. */
import type { ConnectionStats } from '@parley/protocol'
import type { Endpoint } from './endpoint.ts'
import type { Millis } from './timers.ts'

export class ConnectionStatsSchedule {
  readonly #toldAt = new WeakMap<Endpoint, Millis>()

  /** The message, when it is time for one and somebody to hear it. */
  due(now: Millis, endpoint: Endpoint): ConnectionStats | undefined {
    const { channel, estimateBps } = endpoint
    if (!channel || estimateBps === undefined) return undefined
    if (now - (this.#toldAt.get(endpoint) ?? -Infinity) < intervalMs) return undefined
    this.#toldAt.set(endpoint, now)
    return { colibriClass: 'ConnectionStats', estimatedDownlinkBandwidth: Math.round(estimateBps) }
  }
}

const intervalMs = 10_000
