/** The load: one engine in client mode that sends synthetic media and counts what comes back. */
import {
  createEngine,
  createLoadSender,
  createLoadSink,
  type LoadSender,
  type LoadSenderOptions,
  type LoadSink,
  type LocalTransport,
  type RemoteTransport,
  type TransportId,
} from '@parley/media-engine'
import { rtpParameters } from './workload.ts'

const engine = createEngine({ port: 0, bindAddress: '127.0.0.1', onEvents: () => undefined })
const sinks = new Map<TransportId, LoadSink>()
const senders: LoadSender[] = []

/** Client transports, each in a room of its own, with a sink. */
export function createTransports(
  count: number,
  serverPort: number,
): { fingerprint: string; transports: LocalTransport[] } {
  const transports = Array.from({ length: count }, () => {
    const transport = engine.createTransport({
      room: engine.createRoom(),
      iceRole: 'controlled',
      remoteCandidates: [{ ip: '127.0.0.1', port: serverPort }],
    })
    engine.setRtpParameters(transport.id, rtpParameters)
    sinks.set(transport.id, createLoadSink(engine, transport.id))
    return transport
  })
  return { fingerprint: engine.fingerprint, transports }
}

export function connect(transports: readonly { id: TransportId; remote: RemoteTransport }[]): void {
  for (const { id, remote } of transports) engine.connectTransport(id, remote)
}

/** Declare what will arrive, so that losses are asked for again. */
export function expect(transport: TransportId, kind: 'audio' | 'video', ssrc: number, rtxSsrc?: number): void {
  engine.createSource({ transport, kind, encodings: [{ ssrc, ...(rtxSsrc !== undefined && { rtxSsrc }) }] })
}

export function send(transport: TransportId, options: LoadSenderOptions): void {
  senders.push(createLoadSender(engine, transport, options))
}

export interface Received {
  readonly packets: number
  readonly bytes: number
  readonly missing: number
  /** Largest latency per receiver of the median, microseconds, and quantiles over all packets. */
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
}

/** What all sinks counted since the last call. */
export async function takeReceived(): Promise<Received> {
  const { LatencyHistogram } = await import('@parley/media-engine')
  const latency = new LatencyHistogram()
  let packets = 0
  let bytes = 0
  let missing = 0
  for (const sink of sinks.values()) {
    const stats = sink.stats({ reset: true })
    packets += stats.packets
    bytes += stats.bytes
    missing += stats.missing
    latency.add(stats.latency)
  }
  return {
    packets,
    bytes,
    missing,
    p50Us: latency.quantileUs(0.5),
    p99Us: latency.quantileUs(0.99),
    p999Us: latency.quantileUs(0.999),
  }
}

export async function close(): Promise<void> {
  for (const sender of senders) sender.close()
  await engine.close()
}
