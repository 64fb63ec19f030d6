/** The process under test: one engine, driven by the benchmark as a bridge would drive it. */
import {
  createEngine,
  type EngineOptions,
  type EngineStats,
  type LocalTransport,
  type MediaEngine,
  type RemoteTransport,
  type RoomId,
  type SourceId,
  type SourceOptions,
  type TransportId,
} from '@parley/media-engine'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { rtpParameters } from './workload.ts'

const states = new Map<TransportId, string>()
let engine: MediaEngine

/** Start the engine; before everything else. */
export function open(options: Partial<EngineOptions>): void {
  engine = createEngine({
    ...options,
    port: 0,
    bindAddress: '127.0.0.1',
    onEvents: (events) => {
      for (const event of events) if (event.type === 'transport-state') states.set(event.transport, event.state)
    },
  })
}

export function describe(): { port: number; fingerprint: string } {
  return { port: engine.port, fingerprint: engine.fingerprint }
}

export function createRoom(): RoomId {
  return engine.createRoom()
}

export function createTransports(room: RoomId, count: number): LocalTransport[] {
  return Array.from({ length: count }, () => {
    const transport = engine.createTransport({ room, iceRole: 'controlling' })
    engine.setRtpParameters(transport.id, rtpParameters)
    return transport
  })
}

export function connect(transports: readonly { id: TransportId; remote: RemoteTransport }[]): void {
  for (const { id, remote } of transports) engine.connectTransport(id, remote)
}

export function connectedCount(): number {
  return [...states.values()].filter((state) => state === 'connected').length
}

export function createSource(options: SourceOptions): SourceId {
  return engine.createSource(options)
}

export function setForwarding(
  receiver: TransportId,
  targets: readonly { readonly source: SourceId; readonly maxEncoding: number }[],
): void {
  engine.setForwarding(receiver, targets)
}

export function stats(): EngineStats {
  return engine.stats()
}

/** User and system time of the whole process so far, microseconds. */
export function cpu(): { userUs: number; systemUs: number } {
  const { user, system } = process.cpuUsage()
  return { userUs: user, systemUs: system }
}

/** Resident memory, bytes, without what the next collection frees. */
export function residentBytes(): number {
  collectGarbage()
  return process.memoryUsage.rss()
}

/**
 * Block the JavaScript thread for `blockMs` out of every `everyMs` from now on; 0 stops. `busy` computes meanwhile, and so
 * takes a core from everybody else; `waiting` does not.
 */
export function blockJavaScript(how: 'waiting' | 'busy', blockMs: number, everyMs: number): void {
  clearInterval(blocking)
  if (blockMs > 0) blocking = setInterval(() => (how === 'busy' ? spin(blockMs) : wait(blockMs)), everyMs)
}

export async function close(): Promise<void> {
  clearInterval(blocking)
  // ended before it was opened
  await (engine as MediaEngine | undefined)?.close()
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

let blocking: NodeJS.Timeout | undefined

function wait(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function spin(ms: number): void {
  // busy on purpose: what is tested is that packets do not wait for this thread
  const end = performance.now() + ms
  while (performance.now() < end);
}
