/**
 * The compiled addon's calls, as `native/addon/*_calls.cc` document them. Nothing else in the package touches them but
 * `engine.ts` and `load.ts`. Calls return `false` when the engine is stopping or overloaded; they never throw.
 */
import { createRequire } from 'node:module'

/**
 * `[0, transport, state, reason, address]`, `[1, room, levels]`, `[2, transport, bps]`, `[3]` = stopped, the last one, or
 * `[8, 0, STUN server, our address | null]`.
 */
export type NativeEvent =
  | readonly [0, number, number, string | null, string | null]
  | readonly [1, number, Uint32Array]
  | readonly [2, number, number]
  | readonly [3]
  | readonly [8, number, string, string | null]

export interface NativeHandle {
  readonly __brand: 'NativeHandle'
}

export interface NativeTransportStats {
  readonly transport: number
  readonly state: number
  readonly packetsReceived: number
  readonly bytesReceived: number
  readonly packetsSent: number
  readonly bytesSent: number
  readonly idleMs: number
  readonly rttMs: number
  readonly nacksReceived: number
  readonly nacksSent: number
  readonly retransmitted: number
  readonly plisReceived: number
  readonly plisSent: number
  readonly estimateBps: number
  readonly lossFraction: number
  readonly pathQueueMs: number
  readonly feedbackReceived: number
  readonly feedbackUnmatched: number
  readonly probes: number
  readonly paddingBytes: number
  readonly pacerQueueMs: number
  readonly pacerDropped: number
  readonly overTcp: boolean
  readonly srtpProfile: string
}

export interface NativeLayerStats {
  readonly source: number
  readonly encoding: number
  readonly spatial: number
  readonly temporal: number
  readonly bitrateBps: number
  readonly framesPerSecond: number
  readonly width: number
  readonly height: number
  readonly active: boolean
}

export interface NativeStats {
  readonly cpuUs: number
  readonly packetsReceived: number
  readonly packetsSent: number
  readonly forwarded: number
  readonly sendCalls: number
  readonly segmentedPackets: number
  readonly drops: Readonly<Record<string, number>>
  readonly transports: readonly NativeTransportStats[]
  readonly layers: readonly NativeLayerStats[]
  readonly threads: readonly {
    readonly cpuUs: number
    readonly packetsReceived: number
    readonly forwarded: number
    readonly handedOver: number
    readonly rooms: number
  }[]
}

export interface NativeSinkStats {
  readonly packets: number
  readonly bytes: number
  readonly missing: number
  readonly lostOnPurpose: number
  readonly discontinuities: number
  readonly latency: Uint32Array
  readonly layers: Uint32Array
  readonly brokenFrames: number
}

export interface NativeEngine {
  open(
    port: number,
    address: string,
    srtpProfiles: Uint32Array,
    threads: number,
    onEvents: (events: readonly NativeEvent[]) => void,
    tcpPort: number,
  ):
    | {
        readonly handle: NativeHandle
        readonly port: number
        readonly tcpPort: number
        readonly fingerprint: string
        readonly threads: number
      }
    | number
  close(handle: NativeHandle): boolean
  createRoom(handle: NativeHandle, id: number): boolean
  closeRoom(handle: NativeHandle, id: number): boolean
  createTransport(
    handle: NativeHandle,
    id: number,
    room: number,
    controlling: boolean,
    ufrag: string,
    pwd: string,
    candidates: readonly (string | number)[],
  ): boolean
  /** The port, a negative errno, or `false` as of all calls. */
  createPlainTransport(
    handle: NativeHandle,
    id: number,
    room: number,
    address: string,
    port: number,
    remoteIp: string,
    remotePort: number,
    srtpProfile: number,
    keys: readonly Uint8Array[],
  ): number | false
  connectTransport(
    handle: NativeHandle,
    id: number,
    ufrag: string,
    pwd: string,
    fingerprints: readonly (number | Uint8Array)[],
    active: boolean,
  ): boolean
  restartIce(handle: NativeHandle, id: number, ufrag: string, pwd: string): boolean
  setRtpParameters(handle: NativeHandle, id: number, parameters: Uint32Array): boolean
  closeTransport(handle: NativeHandle, id: number): boolean
  createSource(handle: NativeHandle, id: number, transport: number, kind: 0 | 1, ssrcs: Uint32Array): boolean
  mirrorSource(handle: NativeHandle, id: number, source: number, room: number, kind: 0 | 1, ssrcs: Uint32Array): boolean
  setSourceBlocked(handle: NativeHandle, id: number, blocked: boolean): boolean
  closeSource(handle: NativeHandle, id: number): boolean
  setForwarding(handle: NativeHandle, receiver: number, sources: Uint32Array): boolean
  requestKeyFrame(handle: NativeHandle, source: number): boolean
  setDemand(handle: NativeHandle, receiver: number, bps: number): boolean
  askStunServer(handle: NativeHandle, ip: string, port: number): boolean
  stats(handle: NativeHandle): NativeStats | null
  createLoadSender(
    handle: NativeHandle,
    id: number,
    transport: number,
    parameters: Uint32Array,
    recording: readonly (number | Uint8Array)[],
  ): boolean
  closeLoadSender(handle: NativeHandle, id: number): boolean
  loadSenderPackets(handle: NativeHandle, id: number): number | null
  createLoadSink(handle: NativeHandle, transport: number, loseEvery: number): boolean
  loadSinkStats(handle: NativeHandle, transport: number, reset: boolean): NativeSinkStats | null
  runFloor(parameters: Uint32Array, ports: Uint32Array): { packets: number; userUs: number; systemUs: number } | string
}

let loaded: NativeEngine | undefined

/** Loads the addon on first use, so that importing this package costs nothing. */
export function loadNative(): NativeEngine {
  loaded ??= createRequire(import.meta.url)('../build/Release/parley_engine.node') as NativeEngine
  return loaded
}
