/**
 * One participant at the bridge: its engine transport, its sources, its channel, and what it wants to receive. The
 * conference decides, the endpoint carries out and remembers.
 */
import type { MediaDescription, MediaKind, SentVideoType, TransportDescription } from '@parley/protocol'
import type { LocalTransport, MediaEngine, RoomId, SourceId } from '@parley/media-engine'
import type { VideoSource } from './allocation.ts'
import { everyAudioSource } from './audio-subscription.ts'
import type { AudioSubscription } from './audio-subscription.ts'
import type { Channel } from './channel.ts'
import { Connectivity } from './connectivity.ts'
import { initialConstraints } from './receiver-constraints.ts'
import type { ReceiverConstraints } from './receiver-constraints.ts'
import { rtpParameters } from './rtp-parameters.ts'
import { SenderLimits } from './sender-limits.ts'
import type { SourcePlan } from './source-plan.ts'
import type { Millis } from './timers.ts'
import { remoteTransport } from './transport-description.ts'

/** A source at the engine. */
export interface EndpointSource extends VideoSource {
  readonly owner: Endpoint
  readonly kind: MediaKind
  readonly plan: SourcePlan
  readonly engineId: SourceId
}

export interface EndpointOptions {
  readonly engine: MediaEngine
  readonly room: RoomId
  readonly id: string
  /** Secret of the channel's URL. */
  readonly password: string
  readonly media: readonly MediaDescription[]
  readonly createdAt: Millis
}

export interface ForceMute {
  readonly audio: boolean
  readonly video: boolean
}

export class Endpoint {
  readonly id: string
  readonly password: string
  readonly transport: LocalTransport
  readonly connectivity: Connectivity
  readonly sources = new Map<string, EndpointSource>()
  readonly senderLimits = new SenderLimits()
  channel: Channel | undefined
  constraints: ReceiverConstraints = initialConstraints
  audio: AudioSubscription = everyAudioSource
  /** What the engine believes that the way to it carries; `undefined` while it does not know. */
  estimateBps: number | undefined
  /** What it may have of each of the others' video sources, by name; set by `Subscriptions`. */
  effectiveHeights: ReadonlyMap<string, number> = new Map()

  readonly #engine: MediaEngine
  /** As the client told; may come before the source itself is signalled. */
  readonly #videoTypes = new Map<string, SentVideoType>()
  #forceMute: ForceMute = { audio: false, video: false }
  #remote = ''

  /** @throws EngineError */
  constructor(options: EndpointOptions) {
    this.id = options.id
    this.password = options.password
    this.connectivity = new Connectivity(options.createdAt)
    this.#engine = options.engine
    this.transport = options.engine.createTransport({ room: options.room, iceRole: 'controlling' })
    try {
      this.setMedia(options.media)
    } catch (error) {
      options.engine.closeTransport(this.transport.id)
      throw error
    }
  }

  setMedia(media: readonly MediaDescription[]): void {
    this.#engine.setRtpParameters(this.transport.id, rtpParameters(media))
  }

  /** Start ICE and DTLS; the same description again changes nothing, other credentials restart ICE. */
  connect(description: TransportDescription): void {
    const remote = remoteTransport(description)
    const text = JSON.stringify(remote)
    if (text === this.#remote) return
    this.#engine.connectTransport(this.transport.id, remote)
    this.#remote = text
  }

  /** New credentials of our side; `connect` with the client's completes the restart. */
  restartIce(): LocalTransport {
    return this.#engine.restartIce(this.transport.id)
  }

  addSource(plan: SourcePlan): EndpointSource {
    const { name, kind, encodings } = plan
    const engineId = this.#engine.createSource({ transport: this.transport.id, kind, encodings })
    const source = this.#source(plan, engineId)
    this.sources.set(name, source)
    if (this.#forceMute[kind]) this.#engine.setSourceBlocked(engineId, true)
    return source
  }

  removeSource(source: EndpointSource): void {
    this.sources.delete(source.name)
    this.#videoTypes.delete(source.name)
    this.#engine.closeSource(source.engineId)
  }

  /** The same packets mean something else now, as signalling says. */
  retypeSource(plan: SourcePlan): void {
    const old = this.sources.get(plan.name)
    if (old) this.sources.set(plan.name, this.#source(plan, old.engineId))
  }

  /** As the client says on its channel. @returns whether that changes what the source is */
  setVideoType(sourceName: string, videoType: SentVideoType): boolean {
    const isKnown = this.#videoTypes.has(sourceName)
    if (!isKnown && this.#videoTypes.size >= maxVideoTypes) return false
    this.#videoTypes.set(sourceName, videoType)
    return this.#refresh(this.sources.get(sourceName))
  }

  /** @returns whether anything changed */
  setForceMute(forceMute: ForceMute): boolean {
    const before = this.#forceMute
    this.#forceMute = forceMute
    if (before.audio === forceMute.audio && before.video === forceMute.video) return false
    for (const source of [...this.sources.values()]) {
      if (before[source.kind] === forceMute[source.kind]) continue
      this.#engine.setSourceBlocked(source.engineId, forceMute[source.kind])
      this.#refresh(source)
    }
    return true
  }

  /** For video; `undefined` = no limit is known. */
  get budgetBps(): number | undefined {
    const { assumedBandwidthBps } = this.constraints
    return assumedBandwidthBps >= 0 ? assumedBandwidthBps : this.estimateBps
  }

  isForceMuted(kind: MediaKind): boolean {
    return this.#forceMute[kind]
  }

  /** Whether any source of that endpoint is on stage, selected or wanted here in a size above 0. */
  watches(endpointId: string): boolean {
    const { onStageSources, selectedSources } = this.constraints
    const isTheirs = (name: string) => name.startsWith(`${endpointId}-`)
    if (onStageSources.some(isTheirs) || selectedSources.some(isTheirs)) return true
    for (const [name, height] of this.effectiveHeights) if (height > 0 && isTheirs(name)) return true
    return false
  }

  /** The conference has taken the sources out of its tables already. @throws EngineError */
  close(): void {
    this.channel?.close(1001, 'endpoint closed')
    for (const source of this.sources.values()) this.#engine.closeSource(source.engineId)
    this.sources.clear()
    this.#engine.closeTransport(this.transport.id)
  }

  #refresh(source: EndpointSource | undefined): boolean {
    if (!source) return false
    const next = this.#source(source.plan, source.engineId)
    this.sources.set(source.name, next)
    return next.videoType !== source.videoType
  }

  #source(plan: SourcePlan, engineId: SourceId): EndpointSource {
    const { name, kind, encodings } = plan
    const told = this.#videoTypes.get(name) ?? plan.videoType
    const videoType = this.#forceMute[kind] ? 'none' : told
    return { owner: this, name, kind, plan, engineId, videoType, encodingCount: encodings.length }
  }
}

/** Names that a client may type ahead of signalling; one source each. */
const maxVideoTypes = 64
