/**
 * The engine's border: commands go down as calls, facts come up as events in batches. Nothing here is called per packet.
 * Every call returns at once; a room's thread carries out
 * what concerns the room, in the order of the calls.
 */

import type { Histogram } from './histogram.ts'

/** Handles are positive integers, never reused while the engine lives. */
export type RoomId = number & { readonly __brand: 'RoomId' }
export type TransportId = number & { readonly __brand: 'TransportId' }
export type SourceId = number & { readonly __brand: 'SourceId' }

export interface EngineOptions {
  /** UDP port of all media; 0 picks a free one. */
  readonly port: number
  /** TCP port for peers that UDP does not reach (RFC 6544); 0 picks a free one, absent = none. */
  readonly tcpPort?: number
  /** Address to bind, UDP and TCP; default `::` with IPv4 mapped where the machine has IPv6, else `0.0.0.0`. */
  readonly bindAddress?: string
  /** In order of preference; default AEAD_AES_128_GCM, AEAD_AES_256_GCM, AES_CM_128_HMAC_SHA1_80. */
  readonly srtpProfiles?: readonly SrtpProfileName[]
  /**
   * Media threads, 1 to 64; default: one per processor core, less one for everything else. A room lives on one thread,
   * rooms are spread by what they forward.
   */
  readonly threads?: number
  /** Called at most once per turn of an engine's thread, on the JavaScript thread. */
  readonly onEvents: (events: readonly EngineEvent[]) => void
}

export type SrtpProfileName = 'AEAD_AES_128_GCM' | 'AEAD_AES_256_GCM' | 'AES_CM_128_HMAC_SHA1_80'

export interface TransportOptions {
  readonly room: RoomId
  /** Server transports are controlling and learn the peer from its checks; load generators are controlled. */
  readonly iceRole: 'controlling' | 'controlled'
  /** Where to send checks first; only for client mode. */
  readonly remoteCandidates?: readonly { readonly ip: string; readonly port: number }[]
}

/** What the other side needs to know about a new transport. */
export interface LocalTransport {
  readonly id: TransportId
  readonly iceUfrag: string
  readonly icePwd: string
}

/**
 * A transport without ICE and DTLS, on a UDP port of its own: for recorders, phone gateways and other servers. RTP and RTCP
 * share the port (RFC 5761).
 */
export interface PlainTransportOptions {
  readonly room: RoomId
  /** Where packets go to, and the only address from which they are taken; RTCP from any port there. */
  readonly remote?: { readonly ip: string; readonly port: number }
  /**
   * Instead of `remote`: the address of the first packet that is good, for ever after. With `srtp` that is an authentic one;
   * without, whoever sends something like RTP first is the peer.
   */
  readonly comedia?: boolean
  /** Absent = neither encrypted nor authenticated. */
  readonly srtp?: SrtpKeyPair
  /** Default: the engine's. */
  readonly bindAddress?: string
  /** One of these; default: any free one. */
  readonly ports?: { readonly min: number; readonly max: number }
}

/**
 * Keys of both directions, master key and salt together in base64, as in SDP's `a=crypto:… inline:` (RFC 4568 §6.1, RFC 7714
 * §14.2): 30, 28 or 44 bytes. Packets are numbered from new for each transport, so that keys must be new for each, too.
 */
export interface SrtpKeyPair {
  readonly profile: SrtpProfileName
  /** Of what we send. */
  readonly localKey: string
  /** Of what we receive. */
  readonly remoteKey: string
}

export interface LocalPlainTransport {
  readonly id: TransportId
  /** The address it is bound to; absent = all of the machine. */
  readonly ip?: string
  readonly port: number
}

export interface RemoteTransport {
  readonly iceUfrag: string
  readonly icePwd: string
  /** Accepted certificates; the handshake fails unless one matches. */
  readonly fingerprints: readonly { readonly hash: string; readonly value: string }[]
  /** What the *remote* side does: `active` means it is the DTLS client (RFC 5763 §5). */
  readonly setup: 'active' | 'passive'
}

export interface CodecParameters {
  readonly payloadType: number
  readonly kind: 'audio' | 'video'
  /** Lower case: `opus`, `vp8`, `h264`, `vp9`, `av1`, `rtx`, `red`, `telephone-event`. */
  readonly name: string
  readonly clockRateHz: number
  /** For `rtx`: the payload type that it repairs. */
  readonly associatedPayloadType?: number
}

/** What a transport's packets mean. Extension ids are 1–14; 0 or absent = not negotiated. */
export interface RtpParameters {
  readonly codecs: readonly CodecParameters[]
  readonly audioLevelExtensionId?: number
  readonly transportCcExtensionId?: number
  readonly absSendTimeExtensionId?: number
  readonly midExtensionId?: number
  readonly dependencyDescriptorExtensionId?: number
}

/** A track of one sender: one encoding, or several of a simulcast group, lowest first. */
export interface SourceOptions {
  readonly transport: TransportId
  readonly kind: 'audio' | 'video'
  readonly encodings: readonly { readonly ssrc: number; readonly rtxSsrc?: number }[]
}

export type TransportState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed'

export type EngineEvent =
  /** `connected` = validated pair and finished handshake; `disconnected` = consent checks unanswered (RFC 7675). */
  | {
      readonly type: 'transport-state'
      readonly transport: TransportId
      readonly state: TransportState
      /**
       * Why, for `failed`: `ice-timeout`, `dtls-fingerprint`, `dtls-alert`, `dtls-timeout`, `srtp-keys` (no cipher could
       * be set up with the keys of the handshake), `consent-expired`.
       */
      readonly reason?: string
      /** `ip:port` of the chosen pair's far end. */
      readonly remoteAddress?: string
    }
  /**
   * Audio levels since the last batch, at most every 100 ms per room: pairs of source id and level, in order of arrival.
   * Level is RFC 6464's: 0 = loudest, 127 = silence.
   */
  | { readonly type: 'audio-levels'; readonly room: RoomId; readonly levels: Uint32Array }
  /** Where a STUN server sees the media port; absent = it did not answer. Addresses as `ip:port` or `[ip]:port`. */
  | { readonly type: 'mapped-address'; readonly server: string; readonly address?: string }
  /** What the way to a receiver carries, media and repair together; told when it has changed noticeably. */
  | { readonly type: 'bandwidth-estimate'; readonly transport: TransportId; readonly bps: number }
  /** Answers `requestSample`; valid until the listener returns. */
  | { readonly type: 'statistics'; readonly sample: StatsSample }

/** Counters since creation. Bytes are UDP payload, or that of RFC 4571 frames. */
export interface TransportStats {
  readonly transport: TransportId
  readonly state: TransportState
  readonly packetsReceived: number
  readonly bytesReceived: number
  readonly packetsSent: number
  readonly bytesSent: number
  /** Milliseconds since anything authenticated arrived, -1 = never. */
  readonly idleMs: number
  /** From ICE checks; -1 = unknown. */
  readonly rttMs: number
  /** From transport-cc feedback, so that of media itself, with the peer's pause before it answers; -1 = unknown. */
  readonly pathRttMs: number
  readonly nacksReceived: number
  readonly nacksSent: number
  readonly retransmitted: number
  readonly plisReceived: number
  readonly plisSent: number
  /** What media and repair towards the peer may use, in bits per second; the start value until it has reported anything. */
  readonly estimateBps: number
  /** Share of our packets that it missed lately, 0 to 1. */
  readonly lossFraction: number
  /** Queue that stands on the way to it. */
  readonly pathQueueMs: number
  /** Its transport-cc feedback, and how many packets that told of which nothing was known any more. */
  readonly feedbackReceived: number
  readonly feedbackUnmatched: number
  /** Packets of which no feedback has told. */
  readonly feedbackMissing: number
  /** Bursts that looked for more bandwidth, and what they were filled with. */
  readonly probes: number
  readonly paddingBytes: number
  /** Age of the oldest packet that waits for its turn, and packets that were given up there. */
  readonly pacerQueueMs: number
  readonly pacerDropped: number
  /** What waits there. */
  readonly pacerQueueBytes: number
  /** Whether the pair in use is a TCP connection. */
  readonly overTcp?: boolean
  readonly srtpProfile: string
}

/** Of all threads together, since the start. */
export interface EngineTotals {
  /** CPU time of the engine's threads in microseconds. */
  readonly cpuUs: number
  readonly packetsReceived: number
  readonly packetsSent: number
  readonly forwarded: number
  /** System calls that sent something, and packets that left in segmentation runs of two or more. */
  readonly sendCalls?: number
  readonly segmentedPackets?: number
  readonly histograms: EngineHistograms
  /** Dropped packets by reason, those that there were; see the package's README for what each means, e.g. `unknown-source-address`, `srtp-auth`, `srtp-replay`, `unknown-ssrc`, `malformed-stun`. */
  readonly drops: Readonly<Record<string, number>>
}

/** Distributions since the start. `histogramQuantile` and `histogramSince` read them. */
export interface EngineHistograms {
  /**
   * Microseconds that forwarded packets took, from the read of their batch until the kernel had them; of those that waited
   * in a pacer, from their arrival until their turn.
   */
  readonly transitUs: Histogram
  /** Microseconds that the oldest datagram of each read had lain in the receive buffer; 0 where the system does not tell. */
  readonly receiveWaitUs: Histogram
  /** Datagrams of each read. */
  readonly receiveBatch: Histogram
  /** Datagrams of each system call that sends, and of each segmentation run, where one that left alone is a run of one. */
  readonly sendCall: Histogram
  readonly sendRun: Histogram
}

export interface EngineStats extends EngineTotals {
  readonly transports: readonly TransportStats[]
  /** Of video sources, lowest first; absent where the engine does not measure them. */
  readonly layers?: readonly LayerStats[]
  readonly threads: readonly ThreadStats[]
}

/**
 * A reading of everything, for who reads every second: rows are shown through one object that moves from row to row, so
 * keep what it says, not itself.
 */
export interface StatsSample {
  totals(): EngineTotals
  forEachThread(visit: (stats: ThreadStats) => void): void
  forEachTransport(visit: (stats: TransportStats) => void): void
  /** Of video sources; those of one source follow each other, lowest first. */
  forEachLayer(visit: (stats: LayerStats) => void): void
  /** Everything as objects that stay. */
  toStats(): EngineStats
}

/** Of one media thread, since its start. */
export interface ThreadStats {
  readonly cpuUs: number
  readonly packetsReceived: number
  readonly forwarded: number
  /** Packets that the kernel gave to this thread and that another one had to treat; few, soon after somebody joined. */
  readonly handedOver: number
  readonly rooms: number
}

/**
 * One layer of a video source: what a receiver of it gets, with everything that the layer needs below it, over the last
 * second. Layers that were not heard of for 10 s are not listed.
 */
export interface LayerStats {
  readonly source: SourceId
  /** Index of the simulcast encoding. */
  readonly encoding: number
  /** Counted from the lowest; 0 where the codec has none. */
  readonly spatial: number
  readonly temporal: number
  /** RTP payloads and headers; 0 while it rests. */
  readonly bitrateBps: number
  readonly framesPerSecond: number
  /** 0 = the stream does not tell. */
  readonly width: number
  readonly height: number
  /** The sender sends it now. */
  readonly active: boolean
}

/** A source of a receiver's list, with the highest layers that it may have. */
export interface Forwarding {
  readonly source: SourceId
  readonly maxEncoding: number
  /** Absent = every layer. */
  readonly maxSpatial?: number
  readonly maxTemporal?: number
}

/** One packet engine. All errors are thrown as `EngineError`. */
export interface MediaEngine {
  /** UDP port in use. */
  readonly port: number
  /** TCP port in use, if any. */
  readonly tcpPort?: number | undefined
  /** Number of media threads. */
  readonly threads: number
  /** SHA-256 of this start's certificate, upper-case hex with colons. */
  readonly fingerprint: string

  createRoom(): RoomId
  /** Closes the room's transports and sources with it. */
  closeRoom(room: RoomId): void

  createTransport(options: TransportOptions): LocalTransport
  /**
   * Its state is `connected` once the peer's address is known. Without ICE nothing says that the peer is gone, but the
   * `idleMs` of its statistics.
   * @throws EngineError `port-in-use` when none of `ports` is free
   */
  createPlainTransport(options: PlainTransportOptions): LocalPlainTransport
  /** Start ICE and DTLS. Calling it again with other ICE credentials restarts ICE with the old DTLS association. */
  connectTransport(transport: TransportId, remote: RemoteTransport): void
  /**
   * New local ICE credentials for a transport whose network changed (RFC 8445 §9); tell them to the peer and give its own
   * to `connectTransport`. Media goes on over the old pair, under the old credentials, until a new one is validated.
   */
  restartIce(transport: TransportId): LocalTransport
  setRtpParameters(transport: TransportId, parameters: RtpParameters): void
  closeTransport(transport: TransportId): void

  /** @throws EngineError `ssrc-in-use` when another source of the room has one of the SSRCs. */
  createSource(options: SourceOptions): SourceId
  /** Packets of a blocked source are counted and dropped. */
  setSourceBlocked(source: SourceId, blocked: boolean): void
  closeSource(source: SourceId): void

  /**
   * Replace what a receiver gets: the sources of its room that are forwarded to it, each with the highest layers it may
   * have. A video source that is new in the list starts on a key frame, which the engine asks for, as for a switch that
   * needs one. Until it comes, what was forwarded goes on.
   */
  setForwarding(receiver: TransportId, sources: readonly Forwarding[]): void
  /** Ask the sender for a key frame (RFC 4585 PLI), merged with other requests. */
  requestKeyFrame(source: SourceId): void

  /**
   * What a receiver could use if its network had no limit, in bits per second: the largest layers that it wants. More than
   * twice that is not looked for. 10 Mbps until the first call.
   */
  setDemand(receiver: TransportId, bps: number): void
  /**
   * Ask a STUN server, from the media port, under which address it sees that port. The event `mapped-address` tells, at the
   * latest after 40 s. Sixteen may be asked at a time; of more, it tells at once that they do not answer.
   */
  askStunServer(server: { readonly ip: string; readonly port: number }): void

  /**
   * Statistics without waiting for the media threads: the event `statistics` brings them, once for all requests that were
   * made meanwhile. None comes while a thread does not answer.
   */
  requestSample(): void
  /**
   * The same at once, for people and tests: waits for the media threads, at most a second for each.
   * @throws EngineError `overloaded` when one does not answer
   */
  stats(): EngineStats
  close(): Promise<void>
}

export type EngineErrorReason =
  | 'port-in-use'
  | 'no-such-room'
  | 'no-such-transport'
  | 'no-such-source'
  | 'ssrc-in-use'
  | 'bad-argument'
  /** Commands come faster than the engine carries them out, or it did not answer within a second. */
  | 'overloaded'
  | 'closed'

export class EngineError extends Error {
  readonly code = 'PARLEY_ENGINE'
  readonly reason: EngineErrorReason
  constructor(reason: EngineErrorReason, message: string) {
    super(message)
    this.name = 'EngineError'
    this.reason = reason
  }
}
