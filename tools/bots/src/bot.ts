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
  /** Share a synthetic screen until `stopScreenShare` of the conference. */
  shareScreen(): Promise<void>
  /** Anything at all, on the signalling stream or the bridge channel; nothing happens where there is none (any more). */
  sendRaw(on: 'stream' | 'channel', text: string): void
  leave(): Promise<void>
  /**
   * Be gone without a goodbye. `cut`: the connections end, as when the process dies. `silent`: they stay open and nothing
   * comes on them any more, as when the machine loses its power; its descriptors are given back half a minute later.
   */
  die(how: 'cut' | 'silent'): void
}

/** Bots that share one engine, and so one UDP port. Close it when done; its bots leave first. */
export class BotFleet {
  readonly #options: BotFleetOptions
  readonly #engine: MediaEngine
  readonly #listeners = new Map<TransportId, (state: RTCPeerConnectionState) => void>()
  readonly #bots = new Set<Bot>()
  /** What silent ones still hold: the way to let go, by the timer that does. */
  readonly #silent = new Map<NodeJS.Timeout, () => void>()

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
    const sockets: WebSocket[] = []
    const peers: NativePeer[] = []
    const platform = this.#platform(sinks, sockets, peers)
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
      shareScreen: () =>
        conference.startScreenShare(new SyntheticTrack('video', randomUUID()) as unknown as MediaStreamTrack),
      sendRaw: (on, text) => {
        const socket = sockets.findLast((candidate) => (candidate.protocol === 'xmpp') === (on === 'stream'))
        if (socket?.readyState === WebSocket.OPEN) socket.send(text)
      },
      leave: async () => {
        this.#bots.delete(bot)
        await connection.close()
      },
      die: (how) => {
        this.#bots.delete(bot)
        const letGo = (): void => {
          for (const socket of sockets) socket.terminate()
          for (const peer of peers) peer.close()
        }
        if (how === 'cut') return letGo()
        for (const peer of peers) peer.fallSilent()
        for (const socket of sockets) fallSilent(socket)
        const timer = setTimeout(() => {
          this.#silent.delete(timer)
          letGo()
        }, silenceMs)
        this.#silent.set(timer, letGo)
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
    for (const [timer, letGo] of this.#silent) {
      clearTimeout(timer)
      letGo()
    }
    this.#silent.clear()
    await this.#engine.close()
  }

  #platform(sinks: LoadSink[], sockets: WebSocket[], peers: NativePeer[]): Platform {
    const media = { ...defaultMedia, ...this.#options.media }
    return {
      createSocket: (url, protocol) => {
        const options = { rejectUnauthorized: false, perMessageDeflate: false }
        const socket = protocol === undefined ? new WebSocket(url, options) : new WebSocket(url, protocol, options)
        // 'close' follows, and tells the library; without a listener here an error would end the process.
        socket.on('error', () => {})
        sockets.push(socket)
        return socket
      },
      createPeerConnection: () => {
        const peer = new NativePeer({
          engine: this.#engine,
          media,
          randomSsrc: () => randomInt(1_000_000_000, 4_294_967_295),
          onSink: (sink) => sinks.push(sink),
          onTransportState: (transport, listener) => {
            this.#listeners.set(transport, listener)
            return () => this.#listeners.delete(transport)
          },
        })
        peers.push(peer)
        return peer as unknown as RTCPeerConnection
      },
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

/** Neither reads, and so answers pings, nor writes any more; the connection stays. */
function fallSilent(socket: WebSocket): void {
  if (socket.readyState === WebSocket.OPEN) socket.pause()
  socket.send = () => {}
  socket.close = () => {}
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
/** Longer than any server waits for a sign of life. */
const silenceMs = 30_000
