/**
 * A packet engine without packets: keeps rooms, transports, sources and forwarding as the real one does, refuses what that
 * refuses, and lets a test look at all of it.
 */
import type {
  EngineErrorReason,
  EngineEvent,
  EngineStats,
  Forwarding,
  LayerStats,
  LocalTransport,
  MediaEngine,
  RemoteTransport,
  RoomId,
  RtpParameters,
  SourceId,
  SourceOptions,
  StatsSample,
  TransportId,
  TransportOptions,
  TransportStats,
} from '@parley/media-engine'

interface Transport {
  readonly room: RoomId
  readonly options: TransportOptions
  readonly connects: RemoteTransport[]
  rtp: RtpParameters | undefined
  forwarding: readonly Forwarding[]
  forwardingCalls: number
  demandBps: number | undefined
  idleMs: number
}

interface Source {
  readonly room: RoomId
  readonly options: SourceOptions
  isBlocked: boolean
  keyFrameRequests: number
}

export class MemoryEngine implements MediaEngine {
  readonly port = 10000
  readonly threads = 1
  readonly fingerprint = 'AB:CD:EF'
  readonly rooms = new Set<RoomId>()
  readonly transports = new Map<TransportId, Transport>()
  readonly sources = new Map<SourceId, Source>()
  statsCalls = 0
  onEvents: (events: readonly EngineEvent[]) => void = () => {}
  /** What the engine says it has measured. */
  layers: readonly LayerStats[] = []
  /** Refuse to take forwarding commands, as when they come too fast. */
  isOverloaded = false
  #nextHandle = 1
  #isClosed = false

  createRoom(): RoomId {
    this.#checkOpen()
    const room = this.#nextHandle++ as RoomId
    this.rooms.add(room)
    return room
  }

  closeRoom(room: RoomId): void {
    this.#checkOpen()
    if (!this.rooms.delete(room)) throw engineError('no-such-room', `room ${room}`)
    for (const [id, transport] of this.transports) if (transport.room === room) this.closeTransport(id)
  }

  createTransport(options: TransportOptions): LocalTransport {
    this.#checkOpen()
    if (!this.rooms.has(options.room)) throw engineError('no-such-room', `room ${options.room}`)
    const id = this.#nextHandle++ as TransportId
    this.transports.set(id, {
      room: options.room,
      options,
      connects: [],
      rtp: undefined,
      forwarding: [],
      forwardingCalls: 0,
      demandBps: undefined,
      idleMs: -1,
    })
    return { id, iceUfrag: `ufrag${id}`, icePwd: `password-of-transport-${id}` }
  }

  createPlainTransport(): never {
    throw engineError('bad-argument', 'this engine has no network')
  }

  connectTransport(id: TransportId, remote: RemoteTransport): void {
    this.#transport(id).connects.push(remote)
  }

  restartIce(id: TransportId): LocalTransport {
    this.#transport(id)
    const serial = this.#nextHandle++
    return { id, iceUfrag: `restarted${serial}`, icePwd: `password-of-restart-${serial}` }
  }

  setRtpParameters(id: TransportId, parameters: RtpParameters): void {
    this.#transport(id).rtp = parameters
  }

  askStunServer(): void {
    this.#checkOpen()
  }

  closeTransport(id: TransportId): void {
    this.#transport(id)
    for (const [source, { options }] of this.sources) if (options.transport === id) this.closeSource(source)
    this.transports.delete(id)
  }

  createSource(options: SourceOptions): SourceId {
    const { room } = this.#transport(options.transport)
    if (options.encodings.length === 0) throw engineError('bad-argument', 'no encodings')
    const taken = new Set<number>()
    for (const source of this.sources.values()) {
      if (source.room === room) for (const ssrc of ssrcs(source.options)) taken.add(ssrc)
    }
    for (const ssrc of ssrcs(options)) if (taken.has(ssrc)) throw engineError('ssrc-in-use', `SSRC ${ssrc}`)
    const id = this.#nextHandle++ as SourceId
    this.sources.set(id, { room, options, isBlocked: false, keyFrameRequests: 0 })
    return id
  }

  setSourceBlocked(id: SourceId, blocked: boolean): void {
    this.#source(id).isBlocked = blocked
  }

  closeSource(id: SourceId): void {
    this.#source(id)
    this.sources.delete(id)
    for (const transport of this.transports.values()) {
      transport.forwarding = transport.forwarding.filter((target) => target.source !== id)
    }
  }

  setForwarding(receiver: TransportId, targets: readonly Forwarding[]): void {
    const transport = this.#transport(receiver)
    if (this.isOverloaded) throw engineError('overloaded', 'too many commands')
    for (const { source, maxEncoding, maxSpatial = 0, maxTemporal = 0 } of targets) {
      const { room, options } = this.#source(source)
      if (room !== transport.room) throw engineError('no-such-source', `source ${source} is in another room`)
      if (maxEncoding < 0 || maxEncoding >= options.encodings.length) {
        throw engineError('bad-argument', `encoding ${maxEncoding} of source ${source}`)
      }
      if (maxSpatial < 0 || maxTemporal < 0) throw engineError('bad-argument', `layers of source ${source}`)
    }
    transport.forwarding = targets
    transport.forwardingCalls++
  }

  setDemand(receiver: TransportId, bps: number): void {
    this.#checkOpen()
    const transport = this.transports.get(receiver)
    if (!transport) throw engineError('no-such-transport', `transport ${receiver}`)
    transport.demandBps = bps
  }

  requestKeyFrame(id: SourceId): void {
    this.#source(id).keyFrameRequests++
  }

  requestSample(): void {
    const stats = this.stats()
    const { transports, layers = [], threads, ...totals } = stats
    const sample: StatsSample = {
      totals: () => totals,
      forEachThread: (visit) => threads.forEach(visit),
      forEachTransport: (visit) => transports.forEach(visit),
      forEachLayer: (visit) => layers.forEach(visit),
      toStats: () => stats,
    }
    this.onEvents([{ type: 'statistics', sample }])
  }

  stats(): EngineStats {
    this.#checkOpen()
    this.statsCalls++
    const transports = [...this.transports].map(([id, { idleMs }]) => transportStats(id, idleMs))
    return {
      cpuUs: 0,
      packetsReceived: 0,
      packetsSent: 0,
      forwarded: 0,
      sendCalls: 0,
      segmentedPackets: 0,
      histograms: { transitUs: [], receiveWaitUs: [], receiveBatch: [], sendCall: [], sendRun: [] },
      drops: {},
      transports,
      layers: this.layers,
      threads: [],
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  /** What a receiver is given, as `<primary ssrc>@<highest encoding>`. */
  forwardedTo(receiver: TransportId): readonly string[] {
    return this.#transport(receiver).forwarding.map(({ source, maxEncoding }) => {
      return `${this.#source(source).options.encodings[0]?.ssrc}@${maxEncoding}`
    })
  }

  /** The limits on layers of what a receiver is given, as `<primary ssrc>@<spatial>/<temporal>`; `*` = every layer. */
  layersTo(receiver: TransportId): readonly string[] {
    return this.#transport(receiver).forwarding.map(({ source, maxSpatial = '*', maxTemporal = '*' }) => {
      return `${this.#source(source).options.encodings[0]?.ssrc}@${maxSpatial}/${maxTemporal}`
    })
  }

  #transport(id: TransportId): Transport {
    this.#checkOpen()
    const transport = this.transports.get(id)
    if (!transport) throw engineError('no-such-transport', `transport ${id}`)
    return transport
  }

  #source(id: SourceId): Source {
    this.#checkOpen()
    const source = this.sources.get(id)
    if (!source) throw engineError('no-such-source', `source ${id}`)
    return source
  }

  #checkOpen(): void {
    if (this.#isClosed) throw engineError('closed', 'engine closed')
  }
}

function ssrcs(options: SourceOptions): number[] {
  return options.encodings.flatMap(({ ssrc, rtxSsrc }) => (rtxSsrc === undefined ? [ssrc] : [ssrc, rtxSsrc]))
}

/** Has the code and reason of the engine's own error without loading the engine. */
function engineError(reason: EngineErrorReason, message: string): Error {
  return Object.assign(new Error(message), { code: 'PARLEY_ENGINE', reason })
}

function transportStats(transport: TransportId, idleMs: number): TransportStats {
  return {
    transport,
    state: 'connected',
    packetsReceived: 0,
    bytesReceived: 0,
    packetsSent: 0,
    bytesSent: 0,
    idleMs,
    rttMs: -1,
    pathRttMs: -1,
    nacksReceived: 0,
    nacksSent: 0,
    retransmitted: 0,
    plisReceived: 0,
    plisSent: 0,
    estimateBps: 0,
    lossFraction: 0,
    pathQueueMs: 0,
    feedbackReceived: 0,
    feedbackUnmatched: 0,
    feedbackMissing: 0,
    probes: 0,
    paddingBytes: 0,
    pacerQueueMs: 0,
    pacerDropped: 0,
    pacerQueueBytes: 0,
    srtpProfile: '',
  }
}
