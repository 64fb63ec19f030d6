/** The load: one engine in client mode that sends synthetic media and counts what comes back. */
import {
  createEngine,
  createLoadSender,
  createLoadSink,
  LatencyHistogram,
  type LoadSender,
  type LoadSenderOptions,
  type LoadSink,
  type LocalTransport,
  type RemoteTransport,
  type RtpParameters,
  type TransportId,
} from '@parley/media-engine'
import { rtpParameters } from './workload.ts'

const states = new Map<TransportId, string>()
const engine = createEngine({
  port: 0,
  bindAddress: '127.0.0.1',
  // whatever servers prefer: one that chose another profile would be given other work
  srtpProfiles: ['AEAD_AES_128_GCM'],
  onEvents: (events) => {
    for (const event of events) if (event.type === 'transport-state') states.set(event.transport, event.state)
  },
})
const sinks = new Map<TransportId, LoadSink>()
const senders: LoadSender[] = []

export interface ClientOptions {
  /** Toward a server that is ice-lite, and so always controlled, the client controls (RFC 8445 §6.1.1). */
  readonly iceRole: 'controlling' | 'controlled'
  readonly candidate: { readonly ip: string; readonly port: number }
  readonly parameters: RtpParameters
}

/** A client transport in a room of its own, with a sink. */
export function createClient({ iceRole, candidate, parameters }: ClientOptions): {
  fingerprint: string
  transport: LocalTransport
} {
  const transport = engine.createTransport({ room: engine.createRoom(), iceRole, remoteCandidates: [candidate] })
  engine.setRtpParameters(transport.id, parameters)
  sinks.set(transport.id, createLoadSink(engine, transport.id))
  return { fingerprint: engine.fingerprint, transport }
}

export function closeClient(transport: TransportId): void {
  engine.closeTransport(transport)
  sinks.delete(transport)
  states.delete(transport)
}

/** Clients of our own server. */
export function createTransports(
  count: number,
  serverPort: number,
): { fingerprint: string; transports: LocalTransport[] } {
  const candidate = { ip: '127.0.0.1', port: serverPort }
  const transports = Array.from(
    { length: count },
    () => createClient({ iceRole: 'controlled', candidate, parameters: rtpParameters }).transport,
  )
  return { fingerprint: engine.fingerprint, transports }
}

export function connectedCount(): number {
  return [...states.values()].filter((state) => state === 'connected').length
}

/** SRTP profiles in use, each with how many transports use it. */
export function srtpProfiles(): Record<string, number> {
  const profiles: Record<string, number> = {}
  for (const { srtpProfile } of engine.stats().transports) profiles[srtpProfile] = (profiles[srtpProfile] ?? 0) + 1
  return profiles
}

export function connect(transports: readonly { id: TransportId; remote: RemoteTransport }[]): void {
  for (const { id, remote } of transports) engine.connectTransport(id, remote)
}

/** Packets of feedback and reports that clients have sent and media that they have, over all, since they were made. */
export function packetsSent(): number {
  return engine.stats().transports.reduce((sum, { packetsSent: sent }) => sum + sent, 0)
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
  /** Quantiles of the age of all packets, microseconds. */
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
  /** For each age asked for, the share of packets that were older. */
  readonly olderShares: readonly number[]
  /** For each quantile asked for, the age. */
  readonly quantilesUs: readonly number[]
}

export interface ReceivedOptions {
  readonly agesUs?: readonly number[]
  readonly quantiles?: readonly number[]
  /** Leave the counts as they are. */
  readonly keep?: boolean
}

/** What all sinks counted since the counts were last taken. */
export function takeReceived({ agesUs = [], quantiles = [], keep = false }: ReceivedOptions = {}): Received {
  const latency = new LatencyHistogram()
  let packets = 0
  let bytes = 0
  let missing = 0
  for (const sink of sinks.values()) {
    const stats = sink.stats({ reset: !keep })
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
    olderShares: agesUs.map((age) => olderShare(latency, age)),
    quantilesUs: quantiles.map((quantile) => latency.quantileUs(quantile)),
  }
}

/** The histogram answers for quantiles; the share is where it crosses the age. */
function olderShare(latency: LatencyHistogram, ageUs: number): number {
  let low = 0
  let high = 1
  for (let step = 0; step < 24; step++) {
    const middle = (low + high) / 2
    if (latency.quantileUs(middle) > ageUs) high = middle
    else low = middle
  }
  return 1 - high < 2 ** -20 ? 0 : 1 - high
}

/** Milliseconds from now until a packet arrives at `transport`. @throws Error when none does within `deadlineMs` */
export async function firstPacket(transport: TransportId, deadlineMs: number): Promise<number> {
  const start = performance.now()
  while ((sinks.get(transport)?.stats().packets ?? 0) === 0) {
    if (performance.now() - start > deadlineMs) throw new Error(`no packet within ${deadlineMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return performance.now() - start
}

/** Picture loss indications that a sender has been asked with. */
export function plisReceived(transport: TransportId): number {
  return engine.stats().transports.find((stats) => stats.transport === transport)?.plisReceived ?? 0
}

export async function close(): Promise<void> {
  for (const sender of senders) sender.close()
  await engine.close()
}
