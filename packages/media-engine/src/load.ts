/**
 * Synthetic media for load generators and tests: senders and sinks on *client* transports of an engine (see
 * `TransportOptions.remoteCandidates`). Everything runs on that engine's thread; nothing here is called per packet.
 *
 * Give every client transport a room of its own: what a room's peers send to each other is the server's business.
 */
import { internalsOf } from './engine.ts'
import { loadNative } from './native.ts'
import { EngineError, type MediaEngine, type TransportId } from './types.ts'
import { badArgument, codecNumber, requireSsrc } from './validate.ts'

export interface LoadSenderOptions {
  readonly ssrc: number
  /** Needed for the sender to answer NACKs by RTX; the transport's parameters must have an `rtx` codec for it. */
  readonly rtxSsrc?: number
  readonly payloadType: number
  /** Without a recording `vp8` or `opus`. */
  readonly codec: 'vp8' | 'opus' | 'vp9' | 'av1' | 'red'
  readonly packetsPerSecond: number
  /** 32 to 1300. */
  readonly payloadBytes: number
  /** Packets of one frame, sent together; default 1. Frames per second = packetsPerSecond / burst. */
  readonly burst?: number
  /** Key frames by the clock, besides those that are asked for; default: none. */
  readonly keyFrameEveryMs?: number
  /** RFC 6464 level of Opus packets, default 30. */
  readonly audioLevel?: number
  /**
   * Played again and again instead of made-up frames, from its begin when a key frame is asked for; at most 1000 packets, the
   * first of which begins a key frame. Smaller payloads are filled up to `payloadBytes`.
   */
  readonly recording?: readonly RecordedPacket[]
}

export interface RecordedPacket {
  /** Of the codec's clock since the first packet, ascending. */
  readonly ticks: number
  readonly marker: boolean
  /** Begin of the payload. */
  readonly payload: Uint8Array
  /** Dependency descriptor, at most 255 bytes; sent when the transport's parameters have an id for it. */
  readonly descriptor?: Uint8Array
}

export interface LoadSender {
  /** Packets made so far. */
  packets(): number
  close(): void
}

export interface LoadSinkOptions {
  /** Lose every n-th media packet on purpose, as if the network had; 0 = none. Retransmissions are never lost. */
  readonly loseEvery?: number
}

export interface LoadSinkStats {
  readonly packets: number
  readonly bytes: number
  /** Sequence numbers between the first and the highest of each SSRC that have not come. */
  readonly missing: number
  readonly lostOnPurpose: number
  /** Neighbouring VP8 packets whose picture id or timestamp does not go on: what a decoder would stumble over. */
  readonly discontinuities: number
  readonly latency: LatencyHistogram
  /** Frames of streams with dependency descriptor, by spatial and temporal layer, each 0 to 3. */
  frames(spatial: number, temporal: number): number
  /** Frames of these that use a frame which had not come before them. */
  readonly brokenFrames: number
}

export interface LoadSink {
  /** With `reset`, counting begins again. */
  stats(options?: { readonly reset?: boolean }): LoadSinkStats
}

/** Ages of packets from being made to arriving, in microseconds; sixteen buckets an octave. Same machine only. */
export class LatencyHistogram {
  readonly #counts: Float64Array

  constructor(counts: ArrayLike<number> = []) {
    this.#counts = Float64Array.from({ length: 400 }, (_, i) => counts[i] ?? 0)
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  add(other: LatencyHistogram): void {
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i] = (this.#counts[i] ?? 0) + (other.#counts[i] ?? 0)
  }

  /** Upper bound of the bucket that holds the quantile (0 to 1); 0 when empty. */
  quantileUs(quantile: number): number {
    const wanted = Math.ceil(this.count * quantile)
    let seen = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket] ?? 0
      if (seen >= wanted && seen > 0) return upperBoundUs(bucket)
    }
    return 0
  }
}

/** @throws EngineError `bad-argument`, `no-such-transport`, `closed`. */
export function createLoadSender(engine: MediaEngine, transport: TransportId, options: LoadSenderOptions): LoadSender {
  const inside = internalsOf(engine)
  inside.requireTransport(transport)
  requireWhole(options.packetsPerSecond, 'packetsPerSecond', 1, 1_000_000)
  requireWhole(options.payloadBytes, 'payloadBytes', 32, 1300)
  requireWhole(options.payloadType, 'payloadType', 0, 127)
  const burst = requireWhole(options.burst ?? 1, 'burst', 1, 1000)
  const id = inside.nextId(transport)
  const parameters = Uint32Array.of(
    requireSsrc(options.ssrc),
    options.rtxSsrc === undefined ? 0 : requireSsrc(options.rtxSsrc),
    options.payloadType,
    codecNumber(options.codec),
    options.packetsPerSecond,
    options.payloadBytes,
    burst,
    requireWhole(options.keyFrameEveryMs ?? 0, 'keyFrameEveryMs', 0, 3_600_000),
    requireWhole(options.audioLevel ?? 30, 'audioLevel', 0, 127),
  )
  const recording = nativeRecording(options)
  accepted(inside.native.createLoadSender(inside.handle, id, transport, parameters, recording))
  return {
    packets: () => answered(inside.native.loadSenderPackets(inside.handle, id)),
    close: () => accepted(inside.native.closeLoadSender(inside.handle, id)),
  }
}

/**
 * Counts media that arrives on a transport. Declare what is to arrive with `createSource` on the same transport, so that
 * losses are asked for again and repaired before they are counted.
 * @throws EngineError `bad-argument`, `no-such-transport`, `closed`.
 */
export function createLoadSink(engine: MediaEngine, transport: TransportId, options: LoadSinkOptions = {}): LoadSink {
  const inside = internalsOf(engine)
  inside.requireTransport(transport)
  const loseEvery = requireWhole(options.loseEvery ?? 0, 'loseEvery', 0, 1_000_000)
  accepted(inside.native.createLoadSink(inside.handle, transport, loseEvery))
  return {
    stats({ reset = false } = {}) {
      const { layers, latency, ...stats } = answered(inside.native.loadSinkStats(inside.handle, transport, reset))
      return {
        ...stats,
        latency: new LatencyHistogram(latency),
        frames: (spatial, temporal) => layers[spatial * 4 + temporal] ?? 0,
      }
    },
  }
}

export interface FloorOptions {
  readonly intervalUs: number
  readonly burst: number
  readonly payloadBytes: number
  /** Loopback UDP ports to send to, in turn. */
  readonly ports: readonly number[]
  readonly copies: number
  readonly durationMs: number
}

/**
 * What forwarding is compared with: as many packets of the same sizes encrypted and sent one by one, nothing else done.
 * Blocks the calling thread for `durationMs`; times are its CPU time.
 */
export function measureFloor(options: FloorOptions): { packets: number; userUs: number; systemUs: number } {
  const result = loadNative().runFloor(
    Uint32Array.of(options.intervalUs, options.burst, options.payloadBytes, options.copies, options.durationMs),
    Uint32Array.from(options.ports),
  )
  if (typeof result === 'string') throw badArgument(result)
  return result
}

function nativeRecording({ recording = [], codec }: LoadSenderOptions): (number | Uint8Array)[] {
  if (recording.length > 1000) throw badArgument(`a recording of at most 1000 packets, not ${recording.length}`)
  if (recording.length === 0 && codec !== 'vp8' && codec !== 'opus') throw badArgument(`${codec} needs a recording`)
  let last = 0
  return recording.flatMap(({ ticks, marker, payload, descriptor = new Uint8Array() }) => {
    last = requireWhole(ticks, 'ticks of a recording', last, 0xffffffff)
    requireWhole(payload.length, 'recorded bytes', 1, 1200)
    requireWhole(descriptor.length, 'bytes of a recorded descriptor', 0, 255)
    return [ticks, marker ? 1 : 0, descriptor, payload]
  })
}

function upperBoundUs(bucket: number): number {
  if (bucket < 16) return bucket
  return (16 + (bucket % 16) + 1) * 2 ** (Math.floor(bucket / 16) - 1)
}

function requireWhole(value: number, name: string, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw badArgument(`${name} must be a whole number from ${least} to ${most}, not ${value}`)
}

function accepted(ok: boolean): void {
  if (!ok) throw new EngineError('overloaded', "the engine's command queue is full")
}

function answered<T>(value: T | null): T {
  if (value === null) throw new EngineError('overloaded', 'the engine did not answer within a second')
  return value
}
