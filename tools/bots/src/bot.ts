/** One participant without a browser. Signalling is the client library's; media is the engine's in client mode. */
import { type Conference, type Connection, connect, type Platform } from '@parley/client'
import {
  createEngine,
  type EngineStats,
  LatencyHistogram,
  type LoadSink,
  type MediaEngine,
  type TransportId,
} from '@parley/media-engine'
import { createHash, randomInt, randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import { NativePeer, type SyntheticMedia, SyntheticTrack } from './native-peer.ts'

export interface BotFleetOptions {
  /** `wss://host:port/xmpp-websocket`. */
  readonly serviceUrl: string
  readonly domain: string
  readonly mucDomain: string
  readonly focusDomain: string
  readonly media?: Partial<Record<'audio' | 'video', SyntheticMedia>>
}

export interface JoinBotOptions {
  readonly room: string
  readonly name: string
  readonly sendsAudio?: boolean
  readonly sendsVideo?: boolean
}

export interface BotCounts {
  readonly packets: number
  readonly bytes: number
  readonly missing: number
  readonly latency: LatencyHistogram
}

export interface Bot {
  readonly conference: Conference
  /** Media that arrived, over all sessions of this bot. */
  received(): BotCounts
  leave(): Promise<void>
}

/** Bots that share one engine, and so one UDP port. Close it when done; its bots leave first. */
export class BotFleet {
  readonly #options: BotFleetOptions
  readonly #engine: MediaEngine
  readonly #listeners = new Map<TransportId, (state: RTCPeerConnectionState) => void>()
  readonly #bots = new Set<Bot>()

  constructor(options: BotFleetOptions) {
    this.#options = options
    this.#engine = createEngine({
      port: 0,
      onEvents: (events) => {
        for (const event of events) {
          if (event.type === 'transport-state') this.#listeners.get(event.transport)?.(event.state)
        }
      },
    })
  }

  async join({ room, name, sendsAudio = true, sendsVideo = true }: JoinBotOptions): Promise<Bot> {
    const { serviceUrl, domain, mucDomain, focusDomain } = this.#options
    const sinks: LoadSink[] = []
    const platform = this.#platform(sinks)
    const connection: Connection = await connect({ serviceUrl, domain, mucDomain, focusDomain, platform })
    const track = (kind: 'audio' | 'video') => new SyntheticTrack(kind, randomUUID()) as unknown as MediaStreamTrack
    const conference = await connection.join({
      room,
      displayName: name,
      audioTrack: sendsAudio ? track('audio') : null,
      videoTrack: sendsVideo ? track('video') : null,
    })
    const bot: Bot = {
      conference,
      received: () => sum(sinks),
      leave: async () => {
        this.#bots.delete(bot)
        await connection.close()
      },
    }
    this.#bots.add(bot)
    return bot
  }

  /** Of the bots' own engine: what it was sent and refused. */
  engineStats(): EngineStats {
    return this.#engine.stats()
  }

  async close(): Promise<void> {
    await Promise.all([...this.#bots].map((bot) => bot.leave()))
    await this.#engine.close()
  }

  #platform(sinks: LoadSink[]): Platform {
    const media = { ...defaultMedia, ...this.#options.media }
    return {
      createSocket: (url, protocol) => {
        const options = { rejectUnauthorized: false, perMessageDeflate: false }
        return protocol === undefined ? new WebSocket(url, options) : new WebSocket(url, protocol, options)
      },
      createPeerConnection: () =>
        new NativePeer({
          engine: this.#engine,
          media,
          randomSsrc: () => randomInt(1_000_000_000, 4_294_967_295),
          onSink: (sink) => sinks.push(sink),
          onTransportState: (transport, listener) => {
            this.#listeners.set(transport, listener)
            return () => this.#listeners.delete(transport)
          },
        }) as unknown as RTCPeerConnection,
      createMediaStream: (tracks) => ({ getTracks: () => [...tracks] }) as unknown as MediaStream,
      randomUuid: randomUUID,
      random: Math.random,
      sha1: async (bytes) => createHash('sha1').update(bytes).digest(),
      clock: {
        now: () => performance.now(),
        wallTime: () => Date.now(),
        setTimer: (delayMs, callback) => {
          const timer = setTimeout(callback, delayMs)
          return () => clearTimeout(timer)
        },
      },
    }
  }
}

function sum(sinks: readonly LoadSink[]): BotCounts {
  const latency = new LatencyHistogram()
  let packets = 0
  let bytes = 0
  let missing = 0
  for (const sink of sinks) {
    const stats = sink.stats()
    packets += stats.packets
    bytes += stats.bytes
    missing += stats.missing
    latency.add(stats.latency)
  }
  return { packets, bytes, missing, latency }
}

/** A modest camera (about 400 kbit/s) and an ordinary microphone. */
const defaultMedia: Record<'audio' | 'video', SyntheticMedia> = {
  audio: { packetsPerSecond: 50, payloadBytes: 80, burst: 1, audioLevel: 40 },
  video: { packetsPerSecond: 60, payloadBytes: 900, burst: 3 },
}
