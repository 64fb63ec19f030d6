/**
 * Keeps what every receiver gets in step with what everybody sends and wants. Whatever changes marks receivers as stale;
 * one pass a moment later recomputes those, tells the engine and the receivers what changed, and tells senders what is
 * still wanted of them. A storm of changes so costs a pass per interval, not one per change.
 */
import type { Forwarding, MediaEngine, SourceId } from '@parley/media-engine'
import { effectiveHeights, prioritise, senderMaxHeight } from './allocation.ts'
import type { Endpoint, EndpointSource } from './endpoint.ts'
import type { MeasuredLayer } from './layer-rates.ts'
import { sourceLayers } from './layers.ts'
import type { Log } from './log.ts'
import { SteadyAllocation } from './steady-allocation.ts'
import type { Millis, Timers } from './timers.ts'

export interface SubscriptionsOptions {
  readonly engine: MediaEngine
  readonly timers: Timers
  readonly log: Log
  /** All endpoints of the conference, ordered by recent speech. */
  readonly endpoints: () => readonly Endpoint[]
  /** Whether a source is among those that are to be heard now. */
  readonly isAudible: (source: EndpointSource) => boolean
  /** What was measured of a source's layers, lowest first. */
  readonly layerRates: (source: SourceId) => readonly MeasuredLayer[]
}

interface Delivered {
  /** What the engine was told. */
  readonly forwarding: string
  /** Forwarded video sources, in order of priority. */
  readonly video: readonly EndpointSource[]
}

export class Subscriptions {
  readonly #options: SubscriptionsOptions
  readonly #stale = new Set<Endpoint>()
  readonly #delivered = new WeakMap<Endpoint, Delivered>()
  readonly #allocations = new WeakMap<Endpoint, SteadyAllocation<EndpointSource>>()
  /** Most that anybody wants, by name of the source; what its owner has been told. */
  #senderHeights: ReadonlyMap<string, number> = new Map()
  #areAllStale = false
  #cancelPass: (() => void) | undefined
  #nextPassAt: Millis = -Infinity

  constructor(options: SubscriptionsOptions) {
    this.#options = options
  }

  /** Sources, their order or their owners have changed. */
  invalidateAll(): void {
    this.#areAllStale = true
    this.#schedule()
  }

  /** Only this receiver's wishes have changed. */
  invalidate(receiver: Endpoint): void {
    this.#stale.add(receiver)
    this.#schedule()
  }

  /** Tell a channel that has just opened what its receiver has to know. */
  announce(receiver: Endpoint): void {
    for (const source of receiver.sources.values()) {
      const maxHeight = this.#senderHeights.get(source.name)
      if (maxHeight !== undefined) tellSender(source, maxHeight)
    }
    this.#tellForwarded(receiver, this.#delivered.get(receiver)?.video ?? [])
  }

  /** A receiver has become reachable: what was sent before is lost. */
  requestKeyFrames(receiver: Endpoint): void {
    for (const { owner, name, engineId } of this.#delivered.get(receiver)?.video ?? []) {
      // Between two passes a source may have gone.
      if (owner.sources.get(name)?.engineId === engineId) this.#options.engine.requestKeyFrame(engineId)
    }
  }

  close(): void {
    this.#cancelPass?.()
    this.#cancelPass = undefined
  }

  #schedule(): void {
    if (this.#cancelPass) return
    const { timers } = this.#options
    const delayMs = Math.max(0, this.#nextPassAt - timers.now())
    this.#cancelPass = timers.after(delayMs, () => {
      this.#cancelPass = undefined
      const endpoints = this.#options.endpoints()
      this.#nextPassAt = timers.now() + Math.max(passIntervalMs, endpoints.length * passMsPerEndpoint)
      this.#pass(endpoints)
    })
  }

  #pass(endpoints: readonly Endpoint[]): void {
    const sources = endpoints.flatMap((endpoint) => [...endpoint.sources.values()])
    const audio = sources.filter((source) => source.kind === 'audio')
    const video = sources.filter((source) => source.kind === 'video')
    const stale = endpoints.filter((receiver) => this.#areAllStale || this.#stale.has(receiver))
    this.#areAllStale = false
    this.#stale.clear()
    for (const receiver of stale) this.#deliver(receiver, audio, video)
    this.#tellSenders(endpoints, video)
    if (this.#stale.size > 0) {
      this.#nextPassAt = this.#options.timers.now() + retryMs
      this.#schedule()
    }
  }

  #deliver(receiver: Endpoint, audio: readonly EndpointSource[], video: readonly EndpointSource[]): void {
    const isWanted = (source: EndpointSource) => source.owner !== receiver && this.#isHeard(receiver, source)
    const others = video.filter((source) => source.owner !== receiver)
    const heights = effectiveHeights(prioritise(others, receiver.constraints), receiver.constraints)
    receiver.effectiveHeights = new Map(heights.map(({ source, maxHeight }) => [source.name, maxHeight]))
    const forwarded = this.#allocationOf(receiver).settle(this.#options.timers.now(), heights, {
      budgetBps: receiver.budgetBps,
      layersOf: (source) => sourceLayers(source, this.#options.layerRates(source.engineId)),
    })
    const targets: readonly Forwarding[] = [
      ...audio.filter(isWanted).map((source) => ({ source: source.engineId, maxEncoding: 0 })),
      ...forwarded.map(({ source, limits }) => ({ source: source.engineId, ...limits })),
    ]
    const before = this.#delivered.get(receiver)
    const now: Delivered = {
      forwarding: targets.map(limitsText).join(' '),
      video: forwarded.map(({ source }) => source),
    }
    if (now.forwarding !== (before?.forwarding ?? '')) {
      try {
        this.#options.engine.setForwarding(receiver.transport.id, targets)
      } catch (error) {
        // Too many commands at once, or a transport that has died: the others must not suffer, and this one gets
        // another try for as long as it is in the conference.
        this.#options.log.error({ endpoint: receiver.id, error }, 'engine refused forwarding')
        this.#stale.add(receiver)
        return
      }
    }
    this.#delivered.set(receiver, now)
    if (!haveSameNames(now.video, before?.video ?? [])) this.#tellForwarded(receiver, now.video)
  }

  /** A source that a receiver names is heard even when others are louder. */
  #isHeard(receiver: Endpoint, source: EndpointSource): boolean {
    if (!receiver.audio.wants(source.name)) return false
    return receiver.audio.insistsOn(source.name) || this.#options.isAudible(source)
  }

  #allocationOf(receiver: Endpoint): SteadyAllocation<EndpointSource> {
    const known = this.#allocations.get(receiver)
    if (known) return known
    const allocation = new SteadyAllocation<EndpointSource>()
    this.#allocations.set(receiver, allocation)
    return allocation
  }

  #tellForwarded(receiver: Endpoint, video: readonly EndpointSource[]): void {
    const forwardedSources = video.map((source) => source.name)
    receiver.channel?.send({ colibriClass: 'ForwardedSources', forwardedSources })
  }

  #tellSenders(endpoints: readonly Endpoint[], video: readonly EndpointSource[]): void {
    const heights = new Map<string, number>()
    for (const source of video) {
      const receivers = endpoints.filter((receiver) => receiver !== source.owner)
      const maxHeight = senderMaxHeight(receivers.map((receiver) => receiver.effectiveHeights.get(source.name) ?? 0))
      const told = this.#senderHeights.get(source.name)
      // COMPAT lib-jitsi-meet 2022: two changes in quick succession, as "nothing" before the first word of whoever is about to
      // watch and then his wish, overtake each other there, and the camera rests for good
      const isOpen = receivers.length === 0 ? told === undefined : receivers.some((r) => !r.constraints.hasSpoken)
      const height = maxHeight === 0 && isOpen ? told : maxHeight
      if (height === undefined) continue
      heights.set(source.name, height)
      if (told !== height) tellSender(source, height)
    }
    this.#senderHeights = heights
  }
}

function tellSender(source: EndpointSource, maxHeight: number): void {
  if (source.kind !== 'video') return
  source.owner.channel?.send({ colibriClass: 'SenderSourceConstraints', sourceName: source.name, maxHeight })
}

function limitsText({ source, maxEncoding, maxSpatial, maxTemporal }: Forwarding): string {
  return `${source}:${maxEncoding}/${maxSpatial ?? ''}/${maxTemporal ?? ''}`
}

function haveSameNames(a: readonly EndpointSource[], b: readonly EndpointSource[]): boolean {
  const names = new Set(b.map((source) => source.name))
  return a.length === b.length && a.every((source) => names.has(source.name))
}

/** Long enough to merge a burst of changes, too short for a person to see. */
const passIntervalMs = 20
/** A pass over 200 endpoints takes some 25 ms; this keeps a storm in such a conference to a quarter of the thread. */
const passMsPerEndpoint = 0.5
const retryMs = 1000
