/**
 * One meeting at this bridge: an engine room, its endpoints and what they say to each other. Who gets which video is
 * `Subscriptions`'s matter, who speaks is `SpeechOrder`'s.
 */
import { encodeColibri } from '@parley/protocol'
import type { BridgeColibriMessage, ClientColibriMessage, SentVideoType, SourceSet } from '@parley/protocol'
import type { EngineEvent, MediaEngine, RoomId, SourceId, TransportStats } from '@parley/media-engine'
import { audioSubscription } from './audio-subscription.ts'
import { Channel } from './channel.ts'
import type { ChannelCounters, ChannelHandlers, ChannelSocket } from './channel.ts'
import { ConnectionStatsSchedule } from './connection-stats.ts'
import { Endpoint } from './endpoint.ts'
import type { EndpointSource } from './endpoint.ts'
import { BridgeError } from './errors.ts'
import type { MeasuredLayer } from './layer-rates.ts'
import { withFields } from './log.ts'
import type { Log } from './log.ts'
import { LoudestSpeakers } from './loudest-speakers.ts'
import type { CreateEndpoint, UpdateEndpoint } from './port.ts'
import { applyConstraints, applyInitialLastN, applyLastN } from './receiver-constraints.ts'
import { messageReceivers, statsReceivers } from './relay.ts'
import { diffSources, planSources, ssrcsOfPlan } from './source-plan.ts'
import type { SourcePlan } from './source-plan.ts'
import { SpeechOrder } from './speech-order.ts'
import { Subscriptions } from './subscriptions.ts'
import type { Timers } from './timers.ts'

export interface ConferenceOptions {
  readonly engine: MediaEngine
  readonly timers: Timers
  readonly log: Log
  readonly counters: ChannelCounters
  /** Names the bridge to clients, in `ServerHello`. */
  readonly version: string
  /** In rooms of more endpoints than this only the loudest are heard. */
  readonly maxEndpointsHeard: number
  /** How many of them, beside the dominant speaker. */
  readonly loudestHeard: number
  readonly layerRates: (source: SourceId) => readonly MeasuredLayer[]
  /** The permanent sources, which no endpoint's SSRC may collide with. */
  readonly bridgeSources: SourceSet
}

export class Conference {
  readonly room: RoomId
  readonly bridgeSources: SourceSet
  readonly endpoints = new Map<string, Endpoint>()
  readonly #options: ConferenceOptions
  readonly #subscriptions: Subscriptions
  readonly #speech = new SpeechOrder()
  readonly #loudest: LoudestSpeakers<SourceId>
  readonly #connectionStats = new ConnectionStatsSchedule()
  readonly #sourcesByName = new Map<string, EndpointSource>()
  readonly #ownersBySsrc = new Map<number, Endpoint | 'jvb'>()
  readonly #audioSources = new Map<SourceId, Endpoint>()

  /** @throws EngineError */
  constructor(options: ConferenceOptions) {
    this.#options = options
    this.room = options.engine.createRoom()
    this.#loudest = new LoudestSpeakers({ seats: options.loudestHeard })
    this.bridgeSources = options.bridgeSources
    for (const { ssrc } of [...options.bridgeSources.audio, ...options.bridgeSources.video]) {
      this.#ownersBySsrc.set(ssrc, 'jvb')
    }
    this.#subscriptions = new Subscriptions({
      engine: options.engine,
      timers: options.timers,
      log: options.log,
      endpoints: () => this.#speech.sort(this.endpoints.values()),
      isAudible: ({ engineId, owner }) =>
        !this.#isLarge || owner.id === this.#speech.dominant || this.#loudest.has(engineId),
      layerRates: options.layerRates,
    })
  }

  /** An endpoint of the same id must have been expired before. @throws EngineError */
  createEndpoint(request: CreateEndpoint, password: string): Endpoint {
    const { engine, timers } = this.#options
    const { endpointId: id, media } = request
    const endpoint = new Endpoint({ engine, room: this.room, id, password, media, createdAt: timers.now() })
    this.endpoints.set(id, endpoint)
    this.#subscriptions.invalidateAll()
    return endpoint
  }

  /** A request that is refused for its sources has changed nothing. @throws BridgeError, EngineError */
  updateEndpoint(endpoint: Endpoint, request: UpdateEndpoint): void {
    const plans = request.sources && planSources(request.sources)
    if (plans) this.#checkConflicts(endpoint, plans)
    if (request.media) endpoint.setMedia(request.media)
    if (request.transport) endpoint.connect(request.transport)
    if (request.forceMute && endpoint.setForceMute(request.forceMute)) this.#subscriptions.invalidateAll()
    if (plans) this.#setSources(endpoint, plans)
    if (request.initialLastN !== undefined) {
      endpoint.constraints = applyInitialLastN(endpoint.constraints, request.initialLastN)
      this.#subscriptions.invalidate(endpoint)
    }
  }

  /** @throws EngineError after the endpoint has left the conference all the same */
  expireEndpoint(endpoint: Endpoint): void {
    this.endpoints.delete(endpoint.id)
    for (const source of endpoint.sources.values()) this.#forget(source)
    this.#speech.removeEndpoint(endpoint.id)
    this.#subscriptions.invalidateAll()
    endpoint.close()
  }

  /** A socket whose password has been checked; it replaces an earlier one. */
  attachChannel(endpoint: Endpoint, socket: ChannelSocket): ChannelHandlers {
    const { timers, log, counters } = this.#options
    const channel: Channel = new Channel({
      socket,
      timers,
      counters,
      log: withFields(log, { endpoint: endpoint.id }),
      onMessage: (message) => this.#onMessage(endpoint, message),
      onClosed: () => {
        if (endpoint.channel === channel) endpoint.channel = undefined
      },
    })
    const replaced = endpoint.channel
    endpoint.channel = channel
    replaced?.close(1000, 'replaced')
    channel.send(this.#hello())
    this.#subscriptions.announce(endpoint)
    for (const other of this.endpoints.values()) {
      if (other !== endpoint && !other.connectivity.isActive) channel.send(connectivityOf(other))
    }
    const speaker = this.#speakerEvent()
    if (speaker) channel.send(speaker)
    return channel
  }

  onAudioLevels(levels: Uint32Array): void {
    const now = this.#options.timers.now()
    for (let i = 0; i + 1 < levels.length; i += 2) {
      const source = levels[i] as SourceId
      const owner = this.#audioSources.get(source)
      if (!owner || owner.isForceMuted('audio')) continue
      const level = levels[i + 1] as number
      this.#speech.level(now, source, owner.id, level)
      this.#loudest.level(now, source, level)
    }
    if (this.#loudest.decide(now) && this.#isLarge) this.#subscriptions.invalidateAll()
    if (!this.#speech.decide(now)) return
    const event = this.#speakerEvent()
    if (event) this.#broadcast([...this.endpoints.values()], event)
    this.#subscriptions.invalidateAll()
  }

  onTransportState(endpoint: Endpoint, event: Extract<EngineEvent, { readonly type: 'transport-state' }>): void {
    if (event.state === 'connected') this.#subscriptions.requestKeyFrames(endpoint)
  }

  onBandwidthEstimate(endpoint: Endpoint, bps: number): void {
    const { estimateBps = 0 } = endpoint
    endpoint.estimateBps = bps
    if (Math.abs(bps - estimateBps) > estimateBps * noticeable) this.#subscriptions.invalidate(endpoint)
  }

  /** These sources, of any conference, have other layers than before. */
  onLayersChanged(changed: ReadonlySet<SourceId>): void {
    for (const { engineId } of this.#sourcesByName.values()) {
      if (changed.has(engineId)) return this.#subscriptions.invalidateAll()
    }
  }

  /** Call it about once a second. */
  onTransportStats(endpoint: Endpoint, stats: TransportStats): void {
    // what a wavering budget or bit rate means shows with time
    if (endpoint.budgetBps !== undefined) this.#subscriptions.invalidate(endpoint)
    const connectionStats = this.#connectionStats.due(this.#options.timers.now(), endpoint)
    if (connectionStats) endpoint.channel?.send(connectionStats)
    if (!endpoint.connectivity.observe(this.#options.timers.now(), stats.idleMs)) return
    this.#broadcast(messageReceivers(this.endpoints, endpoint, ''), connectivityOf(endpoint))
  }

  /** Channels first, so that clients hear of it whatever the engine does. @throws EngineError */
  close(): void {
    this.#subscriptions.close()
    for (const endpoint of this.endpoints.values()) endpoint.channel?.close(1001, 'endpoint closed')
    this.endpoints.clear()
    // Closes transports and sources with it.
    this.#options.engine.closeRoom(this.room)
  }

  get #isLarge(): boolean {
    return this.endpoints.size > this.#options.maxEndpointsHeard
  }

  #setVideoType(endpoint: Endpoint, sourceName: string, videoType: SentVideoType): void {
    if (endpoint.setVideoType(sourceName, videoType)) this.#subscriptions.invalidateAll()
  }

  #onMessage(endpoint: Endpoint, message: ClientColibriMessage): void {
    switch (message.colibriClass) {
      case 'ReceiverVideoConstraints':
        endpoint.constraints = applyConstraints(endpoint.constraints, message)
        return this.#subscriptions.invalidate(endpoint)
      case 'LastNChangedEvent':
        endpoint.constraints = applyLastN(endpoint.constraints, message.lastN)
        return this.#subscriptions.invalidate(endpoint)
      case 'ReceiverAudioSubscription':
        endpoint.audio = audioSubscription(message)
        return this.#subscriptions.invalidate(endpoint)
      case 'SourceVideoTypeMessage':
        return this.#setVideoType(endpoint, message.sourceName, message.videoType)
      case 'VideoTypeMessage':
        // such a client has one video source, which the focus named for it
        return this.#setVideoType(endpoint, `${endpoint.id}-v0`, message.videoType)
      case 'EndpointMessage':
        return this.#broadcast(messageReceivers(this.endpoints, endpoint, message.to), {
          ...message,
          from: endpoint.id,
        })
      case 'EndpointStats':
        return this.#broadcast(statsReceivers(this.endpoints, endpoint, this.#speech.recent), {
          ...message,
          from: endpoint.id,
        })
      case 'ClientHello':
        return endpoint.channel?.send(this.#hello())
    }
  }

  #hello(): BridgeColibriMessage {
    return { colibriClass: 'ServerHello', version: this.#options.version }
  }

  #speakerEvent(): BridgeColibriMessage | undefined {
    const dominantSpeakerEndpoint = this.#speech.dominant
    if (dominantSpeakerEndpoint === undefined) return undefined
    const previousSpeakers = this.#speech.recent.filter((id) => id !== dominantSpeakerEndpoint)
    return {
      colibriClass: 'DominantSpeakerEndpointChangeEvent',
      dominantSpeakerEndpoint,
      previousSpeakers,
      silence: false,
    }
  }

  #broadcast(receivers: readonly Endpoint[], message: BridgeColibriMessage): void {
    const text = encodeColibri(message)
    for (const receiver of receivers) receiver.channel?.sendText(text)
  }

  #checkConflicts(endpoint: Endpoint, plans: readonly SourcePlan[]): void {
    for (const plan of plans) {
      const namesake = this.#sourcesByName.get(plan.name)
      if (namesake && namesake.owner !== endpoint) {
        throw new BridgeError('source-conflict', `source ${plan.name} belongs to ${namesake.owner.id}`)
      }
      for (const ssrc of ssrcsOfPlan(plan)) {
        const owner = this.#ownersBySsrc.get(ssrc)
        if (owner !== undefined && owner !== endpoint) {
          throw new BridgeError('source-conflict', `SSRC ${ssrc} belongs to ${owner === 'jvb' ? owner : owner.id}`)
        }
      }
    }
  }

  #setSources(endpoint: Endpoint, plans: readonly SourcePlan[]): void {
    const before = [...endpoint.sources.values()].map((source) => source.plan)
    const { removed, added, retyped } = diffSources(before, plans)
    if (removed.length + added.length + retyped.length === 0) return
    // Whatever the engine refuses below, what it has accepted is forwarded.
    this.#subscriptions.invalidateAll()
    for (const { name } of removed) {
      const source = endpoint.sources.get(name)
      if (!source) continue
      this.#forget(source)
      endpoint.removeSource(source)
    }
    for (const plan of retyped) endpoint.retypeSource(plan)
    for (const plan of added) this.#remember(endpoint.addSource(plan))
  }

  #remember(source: EndpointSource): void {
    this.#sourcesByName.set(source.name, source)
    for (const ssrc of ssrcsOfPlan(source.plan)) this.#ownersBySsrc.set(ssrc, source.owner)
    if (source.kind === 'audio') this.#audioSources.set(source.engineId, source.owner)
  }

  #forget(source: EndpointSource): void {
    this.#sourcesByName.delete(source.name)
    for (const ssrc of ssrcsOfPlan(source.plan)) this.#ownersBySsrc.delete(ssrc)
    this.#audioSources.delete(source.engineId)
    this.#speech.removeSource(source.engineId)
    this.#loudest.remove(source.engineId)
  }
}

function connectivityOf(endpoint: Endpoint): BridgeColibriMessage {
  const { isActive: active } = endpoint.connectivity
  return { colibriClass: 'EndpointConnectivityStatusChangeEvent', endpoint: endpoint.id, active }
}

/** A change of the estimate by less is seen at the next statistics. */
const noticeable = 0.15
