/**
 * The compiled addon's calls, as `native/addon/*_calls.cc` document them. Nothing else in the package touches them but
 * `engine.ts` and `load.ts`. Calls return `false` when the engine is stopping or overloaded; they never throw.
 */
import { createRequire } from 'node:module'
import type { EngineHistograms } from './types.ts'

/**
 * `[0, transport, state, reason, address]`, `[1, room, levels]`, `[2, transport, bps]`, `[3]` = stopped, the last one,
 * `[8, 0, STUN server, our address | null]`, or `[9]` = a sample can be read.
 */
export type NativeEvent =
  | readonly [0, number, number, string | null, string | null]
  | readonly [1, number, Uint32Array]
  | readonly [2, number, number]
  | readonly [3]
  | readonly [8, number, string, string | null]
  | readonly [9]

export interface NativeHandle {
  readonly __brand: 'NativeHandle'
}

/** Names of the columns of each part of the table of statistics, and sizes of its histograms in buckets. */
export interface NativeStatsLayout {
  readonly totals: readonly string[]
  readonly drops: readonly string[]
  readonly histograms: Readonly<Record<keyof EngineHistograms, number>>
  readonly threads: readonly string[]
  readonly transports: readonly string[]
  readonly layers: readonly string[]
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
  statsLayout(): NativeStatsLayout
  /** The event `[9]` tells when there is one to read. */
  requestSample(handle: NativeHandle): boolean
  /** Blocks for up to a second for each thread. */
  waitForSample(handle: NativeHandle): boolean
  /** How many numbers the table has; an array that is too small stays as it was. */
  readSample(handle: NativeHandle, numbers: Float64Array): number
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
