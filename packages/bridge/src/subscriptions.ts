/**
 * Keeps what every receiver gets in step with what everybody sends and wants. Whatever changes marks receivers as stale;
 * one pass a moment later recomputes those, tells the engine and the receivers what changed, and tells senders what is
 * still wanted of them. A storm of changes so costs a pass per interval, not one per change.
 */
import type { Forwarding, MediaEngine, SourceId } from '@parley/media-engine'
import { effectiveHeights, prioritise, senderMaxHeight } from './allocation.ts'
import { demandBps, isOtherDemand } from './demand.ts'
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
  /** What the engine was told, in bits per second. */
  readonly #demands = new WeakMap<Endpoint, number>()
  #areAllStale = false
  #cancelPass: (() => void) | undefined
  #cancelTelling: (() => void) | undefined
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
    for (const { name } of receiver.sources.values()) {
      const maxHeight = receiver.senderLimits.repeat(this.#options.timers.now(), name)
      if (maxHeight !== undefined) tellSender(receiver, name, maxHeight)
    }
    this.#tellForwarded(receiver, this.#delivered.get(receiver)?.video ?? [])
    this.#tellSenders(this.#options.endpoints())
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
    this.#cancelTelling?.()
    this.#cancelTelling = undefined
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
    this.#limitSenders(endpoints, video)
    this.#tellSenders(endpoints)
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
    const layersOf = (source: EndpointSource) => sourceLayers(source, this.#options.layerRates(source.engineId))
    const { budgetBps } = receiver
    const forwarded = this.#allocationOf(receiver).settle(this.#options.timers.now(), heights, { budgetBps, layersOf })
    const heard = audio.filter(isWanted)
    const targets: readonly Forwarding[] = [
      ...heard.map((source) => ({ source: source.engineId, maxEncoding: 0 })),
      ...forwarded.map(({ source, limits }) => ({ source: source.engineId, ...limits })),
    ]
    const before = this.#delivered.get(receiver)
    const now: Delivered = {
      forwarding: targets.map(limitsText).join(' '),
      video: forwarded.map(({ source }) => source),
    }
    const demand = demandBps(heights, layersOf, heard.length)
    try {
      if (now.forwarding !== (before?.forwarding ?? '')) {
        this.#options.engine.setForwarding(receiver.transport.id, targets)
      }
      if (isOtherDemand(demand, this.#demands.get(receiver))) {
        this.#options.engine.setDemand(receiver.transport.id, demand)
        this.#demands.set(receiver, demand)
      }
    } catch (error) {
      // Too many commands at once, or a transport that has died: the others must not suffer, and this one gets another
      // try for as long as it is in the conference.
      this.#options.log.error({ endpoint: receiver.id, error }, 'engine refused forwarding')
      this.#stale.add(receiver)
      return
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

  #limitSenders(endpoints: readonly Endpoint[], video: readonly EndpointSource[]): void {
    const now = this.#options.timers.now()
    for (const { name, owner } of video) {
      const wanted = endpoints.map((receiver) => receiver.effectiveHeights.get(name) ?? 0)
      owner.senderLimits.want(now, name, senderMaxHeight(wanted))
    }
  }

  /** What is due; and comes back when the next limit is. */
  #tellSenders(endpoints: readonly Endpoint[]): void {
    const { timers } = this.#options
    this.#cancelTelling?.()
    this.#cancelTelling = undefined
    let next: Millis = Infinity
    for (const endpoint of endpoints) {
      // Who opens a channel later has missed nothing: until then it counts as not told.
      if (!endpoint.channel) continue
      for (const { kind, name } of endpoint.sources.values()) {
        if (kind !== 'video') continue
        const maxHeight = endpoint.senderLimits.take(timers.now(), name)
        if (maxHeight !== undefined) tellSender(endpoint, name, maxHeight)
        next = Math.min(next, endpoint.senderLimits.deadline(name))
      }
    }
    if (next === Infinity) return
    this.#cancelTelling = timers.after(Math.max(0, next - timers.now()), () => {
      this.#cancelTelling = undefined
      this.#tellSenders(this.#options.endpoints())
    })
  }
}

function tellSender(owner: Endpoint, sourceName: string, maxHeight: number): void {
  owner.channel?.send({ colibriClass: 'SenderSourceConstraints', sourceName, maxHeight })
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
