/**
 * The bridge: its port for the focus, its channels for the edge, and the engine's events on their way to the conference
 * they belong to. It owns the rooms that it creates in the engine, not the engine.
 */
import { LocalEventSource, done, refused } from '@parley/cluster'
import type { Outcome } from '@parley/cluster'
import type {
  EngineEvent,
  LocalTransport,
  MediaEngine,
  RoomId,
  StatsSample,
  TransportId,
  TransportStats,
} from '@parley/media-engine'
import type { TransportDescription } from '@parley/protocol'
import { createBridgeSources } from './bridge-sources.ts'
import type { ChannelCounters, ChannelHandlers, ChannelSocket } from './channel.ts'
import { formatChannelPath, parseChannelPath } from './channel-url.ts'
import { Conference } from './conference.ts'
import type { Endpoint } from './endpoint.ts'
import { BridgeError } from './errors.ts'
import { secretEquals, systemRandom, systemTimers } from './io/system.ts'
import { LayerRates } from './layer-rates.ts'
import { withFields } from './log.ts'
import type { Log } from './log.ts'
import type {
  BridgeEvent,
  BridgePort,
  CreateEndpoint,
  EndpointAddress,
  EndpointCreated,
  UpdateEndpoint,
} from './port.ts'
import type { Timers } from './timers.ts'
import { describeTransport } from './transport-description.ts'
import type { AdvertisedAddress } from './transport-description.ts'

export interface BridgeOptions {
  /** Stays the caller's; close it after the bridge. */
  readonly engine: MediaEngine
  /** Part of the channel's URL, `[A-Za-z0-9_.-]+`: tells a front proxy which bridge. */
  readonly serverId: string
  /** Where peers reach the engine's ports, best first. */
  readonly advertisedAddresses: readonly AdvertisedAddress[]
  readonly log: Log
  /** Default: the machine's. */
  readonly timers?: Timers
  /** That many random bytes, fit for secrets. Default: the machine's. */
  readonly random?: (sizeBytes: number) => Uint8Array
  /** Told to clients in `ServerHello`. */
  readonly version?: string
  /** Default 200. */
  readonly maxEndpointsPerConference?: number
  /** Default 1000. */
  readonly maxConferences?: number
  /** In conferences of more endpoints only the loudest are heard. Default 12. */
  readonly maxEndpointsHeard?: number
  /** How many of them, beside the dominant speaker. Default 3. */
  readonly loudestHeard?: number
}

/** The edge answers with `status` before upgrading, or upgrades and hands the ticket to `attachChannel`. */
export type ChannelAuthorization =
  | { readonly kind: 'accepted'; readonly ticket: ChannelTicket }
  | { readonly kind: 'refused'; readonly status: 403 | 404; readonly message: string }

/** Proof of an authorisation; good for one endpoint as long as it lives. */
export interface ChannelTicket extends EndpointAddress {
  readonly password: string
}

export interface BridgeStats extends Readonly<ChannelCounters> {
  readonly conferences: number
  readonly endpoints: number
  /** Open channels. */
  readonly channels: number
}

export interface Bridge {
  readonly port: BridgePort
  /**
   * May this request become a channel? Unknown paths, servers, conferences and endpoints are 404, a wrong password is 403.
   * @param path as requested, `/colibri-ws/…`
   * @param query what follows it, with or without `?`
   */
  authorizeChannel(path: string, query: string): ChannelAuthorization
  /** Call it once the socket is open. An endpoint that has gone meanwhile closes the socket at once. */
  attachChannel(ticket: ChannelTicket, socket: ChannelSocket): ChannelHandlers
  /** From now on: for new endpoints, and those that restart ICE. */
  setAdvertisedAddresses(addresses: readonly AdvertisedAddress[]): void
  /** The engine's `onEvents` goes here. */
  onEngineEvents(events: readonly EngineEvent[]): void
  stats(): BridgeStats
  /** Expire every conference, say so on the port, close all channels. Idempotent; calls afterwards are refused. */
  close(): Promise<void>
}

export function createBridge(options: BridgeOptions): Bridge {
  return new LocalBridge(options)
}

class LocalBridge implements Bridge {
  readonly port: BridgePort
  readonly #options: BridgeOptions
  readonly #timers: Timers
  readonly #random: (sizeBytes: number) => Uint8Array
  readonly #events: LocalEventSource<BridgeEvent>
  readonly #conferences = new Map<string, Conference>()
  readonly #byRoom = new Map<RoomId, Conference>()
  readonly #byTransport = new Map<TransportId, Seat>()
  readonly #idleTimers = new Map<string, () => void>()
  readonly #counters: ChannelCounters = {
    messagesReceived: 0,
    messagesSent: 0,
    messagesRefused: 0,
    messagesDropped: 0,
    slowReaders: 0,
  }
  readonly #layerRates = new LayerRates()
  readonly #onTransportStats = (stats: TransportStats) => {
    const seat = this.#byTransport.get(stats.transport)
    seat?.conference.onTransportStats(seat.endpoint, stats)
  }
  #advertisedAddresses: readonly AdvertisedAddress[]
  #cancelPoll: (() => void) | undefined
  #isClosed = false

  constructor(options: BridgeOptions) {
    this.#options = options
    this.#advertisedAddresses = options.advertisedAddresses
    this.#timers = options.timers ?? systemTimers
    this.#random = options.random ?? systemRandom
    this.#events = new LocalEventSource((error) => options.log.error({ error }, 'a listener of the bridge threw'))
    this.port = {
      createEndpoint: async (request) => this.#answer(() => this.#createEndpoint(request)),
      updateEndpoint: async (request) => this.#answer(() => this.#updateEndpoint(request)),
      restartIce: async (address) => this.#answer(() => this.#restartIce(address)),
      expireEndpoint: async (address) => this.#answer(() => this.#expireEndpoint(address)),
      expireConference: async ({ conferenceId }) => this.#answer(() => this.#expireConference(conferenceId)),
      events: this.#events,
    }
  }

  authorizeChannel(path: string, query: string): ChannelAuthorization {
    const address = parseChannelPath(path, query)
    if (!address) return { kind: 'refused', status: 404, message: 'not a bridge channel' }
    const { serverId, conferenceId, endpointId, password } = address
    if (serverId !== this.#options.serverId) return { kind: 'refused', status: 404, message: 'not this bridge' }
    const endpoint = this.#conferences.get(conferenceId)?.endpoints.get(endpointId)
    if (!endpoint) return { kind: 'refused', status: 404, message: 'no such endpoint' }
    if (!secretEquals(password, endpoint.password)) return { kind: 'refused', status: 403, message: 'wrong password' }
    return { kind: 'accepted', ticket: { conferenceId, endpointId, password } }
  }

  attachChannel(ticket: ChannelTicket, socket: ChannelSocket): ChannelHandlers {
    const conference = this.#conferences.get(ticket.conferenceId)
    const endpoint = conference?.endpoints.get(ticket.endpointId)
    if (!conference || !endpoint || !secretEquals(ticket.password, endpoint.password)) {
      socket.close(1001, 'endpoint closed')
      return { onText() {}, onBinary() {}, onClose() {} }
    }
    return conference.attachChannel(endpoint, socket)
  }

  setAdvertisedAddresses(addresses: readonly AdvertisedAddress[]): void {
    this.#advertisedAddresses = addresses
  }

  onEngineEvents(events: readonly EngineEvent[]): void {
    for (const event of events) {
      try {
        if (event.type === 'audio-levels') this.#byRoom.get(event.room)?.onAudioLevels(event.levels)
        else if (event.type === 'bandwidth-estimate') this.#onBandwidthEstimate(event)
        else if (event.type === 'transport-state') this.#onTransportState(event)
        else if (event.type === 'statistics') this.#onStatistics(event.sample)
      } catch (error) {
        // The rest of the batch belongs to others.
        this.#options.log.error({ error, event: event.type }, 'an engine event was not handled')
      }
    }
  }

  stats(): BridgeStats {
    const endpoints = [...this.#byTransport.values()].map((seat) => seat.endpoint)
    const channels = endpoints.filter((endpoint) => endpoint.channel).length
    return { conferences: this.#conferences.size, endpoints: endpoints.length, channels, ...this.#counters }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelPoll?.()
    for (const conferenceId of [...this.#conferences.keys()]) this.#giveUp(conferenceId)
  }

  #createEndpoint(request: CreateEndpoint): EndpointCreated {
    const { conferenceId, endpointId } = request
    if (!endpointIdPattern.test(endpointId)) {
      throw new BridgeError('bad-request', 'an endpoint id is 1 to 128 letters, digits and _')
    }
    if (conferenceId === '' || conferenceId.length > 256) {
      throw new BridgeError('bad-request', 'a conference id has 1 to 256 characters')
    }
    // An answer may have been lost, or the client starts over: the new endpoint takes the place of the old one.
    this.#expireEndpoint(request)
    const conference = this.#conferences.get(conferenceId) ?? this.#openConference(request)
    try {
      return this.#seat(conference, request)
    } finally {
      this.#expireWhenIdle(conferenceId, conference)
    }
  }

  #openConference(request: CreateEndpoint): Conference {
    const { conferenceId, conferenceName } = request
    const { engine, log, version = 'Parley', maxConferences = 1000 } = this.#options
    const { maxEndpointsHeard = 12, loudestHeard = 3 } = this.#options
    if (this.#conferences.size >= maxConferences) {
      throw new BridgeError('resource-constraint', `the bridge has ${this.#conferences.size} conferences already`)
    }
    const bound = withFields(log, { conference: conferenceId, room: conferenceName })
    const conference = new Conference({
      engine,
      timers: this.#timers,
      log: bound,
      counters: this.#counters,
      version,
      maxEndpointsHeard,
      loudestHeard,
      layerRates: (source) => this.#layerRates.of(source),
      bridgeSources: createBridgeSources(this.#random),
    })
    this.#conferences.set(conferenceId, conference)
    this.#byRoom.set(conference.room, conference)
    bound.info({}, 'conference opened')
    return conference
  }

  #seat(conference: Conference, request: CreateEndpoint): EndpointCreated {
    const { conferenceId } = request
    const { maxEndpointsPerConference = 200 } = this.#options
    if (conference.endpoints.size >= maxEndpointsPerConference) {
      throw new BridgeError('resource-constraint', `the conference has ${conference.endpoints.size} endpoints already`)
    }
    const password = Buffer.from(this.#random(24)).toString('base64url')
    const endpoint = conference.createEndpoint(request, password)
    const local = endpoint.transport
    this.#byTransport.set(local.id, { conferenceId, conference, endpoint })
    this.#schedulePoll()
    return { transport: this.#describe(request, password, local), bridgeSources: conference.bridgeSources }
  }

  #describe({ conferenceId, endpointId }: EndpointAddress, password: string, local: LocalTransport) {
    const { engine, serverId } = this.#options
    const addresses = this.#advertisedAddresses
    const webSocketPath = formatChannelPath({ serverId, conferenceId, endpointId, password })
    return describeTransport({ local, fingerprint: engine.fingerprint, addresses, webSocketPath })
  }

  #updateEndpoint(request: UpdateEndpoint): void {
    const { conference, endpoint } = this.#find(request)
    conference.updateEndpoint(endpoint, request)
  }

  #restartIce(address: EndpointAddress): TransportDescription {
    const { endpoint } = this.#find(address)
    return this.#describe(address, endpoint.password, endpoint.restartIce())
  }

  #find({ conferenceId, endpointId }: EndpointAddress): { conference: Conference; endpoint: Endpoint } {
    const conference = this.#conferences.get(conferenceId)
    const endpoint = conference?.endpoints.get(endpointId)
    if (conference && endpoint) return { conference, endpoint }
    throw new BridgeError('no-such-endpoint', `no endpoint ${endpointId} in conference ${conferenceId}`)
  }

  #expireEndpoint({ conferenceId, endpointId }: EndpointAddress): void {
    const conference = this.#conferences.get(conferenceId)
    const endpoint = conference?.endpoints.get(endpointId)
    if (!conference || !endpoint) return
    this.#byTransport.delete(endpoint.transport.id)
    try {
      conference.expireEndpoint(endpoint)
    } finally {
      this.#expireWhenIdle(conferenceId, conference)
    }
  }

  #expireConference(conferenceId: string): void {
    const conference = this.#conferences.get(conferenceId)
    if (!conference) return
    this.#conferences.delete(conferenceId)
    this.#byRoom.delete(conference.room)
    this.#stopIdleTimer(conferenceId)
    for (const endpoint of conference.endpoints.values()) this.#byTransport.delete(endpoint.transport.id)
    conference.close()
    this.#options.log.info({ conference: conferenceId }, 'conference closed')
  }

  #giveUp(conferenceId: string): void {
    try {
      this.#expireConference(conferenceId)
    } catch (error) {
      // The engine may have closed first; the conference is gone from our tables either way.
      this.#options.log.error({ conference: conferenceId, error }, 'conference not closed cleanly')
    }
    this.#events.publish({ type: 'conference-expired', conferenceId })
  }

  /** An empty conference waits for the next participant; its id may be used again soon, as on a reload. */
  #expireWhenIdle(conferenceId: string, conference: Conference): void {
    this.#stopIdleTimer(conferenceId)
    if (conference.endpoints.size > 0) return
    const cancel = this.#timers.after(idleExpiryMs, () => this.#giveUp(conferenceId))
    this.#idleTimers.set(conferenceId, cancel)
  }

  #stopIdleTimer(conferenceId: string): void {
    this.#idleTimers.get(conferenceId)?.()
    this.#idleTimers.delete(conferenceId)
  }

  #onBandwidthEstimate({ transport, bps }: Extract<EngineEvent, { readonly type: 'bandwidth-estimate' }>): void {
    const seat = this.#byTransport.get(transport)
    seat?.conference.onBandwidthEstimate(seat.endpoint, bps)
  }

  #onTransportState(event: Extract<EngineEvent, { readonly type: 'transport-state' }>): void {
    const seat = this.#byTransport.get(event.transport)
    if (!seat) return
    const { conferenceId, conference, endpoint } = seat
    conference.onTransportState(endpoint, event)
    const { state, reason } = event
    if (state !== 'connected' && state !== 'disconnected' && state !== 'failed') return
    const address = { conferenceId, endpointId: endpoint.id }
    this.#options.log.info({ ...address, state, reason }, 'endpoint transport changed')
    this.#events.publish({ type: 'endpoint-transport', ...address, state, ...(reason === undefined ? {} : { reason }) })
  }

  /** One reading of the engine for all conferences; none while nobody is there. */
  #schedulePoll(): void {
    if (this.#cancelPoll || this.#isClosed || this.#byTransport.size === 0) return
    this.#cancelPoll = this.#timers.after(pollIntervalMs, () => {
      this.#cancelPoll = undefined
      this.#poll()
      this.#schedulePoll()
    })
  }

  #poll(): void {
    try {
      this.#options.engine.requestSample()
    } catch (error) {
      this.#options.log.error({ error }, 'engine statistics not available')
    }
  }

  #onStatistics(sample: StatsSample): void {
    const changed = this.#layerRates.observe(sample)
    if (changed.size > 0) for (const conference of this.#conferences.values()) conference.onLayersChanged(changed)
    sample.forEachTransport(this.#onTransportStats)
  }

  /** Whatever goes wrong is an outcome, never an exception across the port. */
  #answer<T>(call: () => T): Outcome<T> {
    if (this.#isClosed) return refused('closed', 'the bridge is closing')
    try {
      return done(call())
    } catch (error) {
      if (error instanceof BridgeError) return refused(error.reason, error.message)
      this.#options.log.error({ error }, 'a call to the bridge failed')
      const message = error instanceof Error ? error.message : String(error)
      return refused(isEngineError(error) ? 'engine-error' : 'internal-error', message)
    }
  }
}

interface Seat {
  readonly conferenceId: string
  readonly conference: Conference
  readonly endpoint: Endpoint
}

/** By code, not by class: the engine's classes would load the engine. */
function isEngineError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'PARLEY_ENGINE'
}

const endpointIdPattern = /^[A-Za-z0-9_]{1,128}$/
const idleExpiryMs = 60_000
const pollIntervalMs = 1000
