/** Builds workloads: a server process, a load process, and rooms between them. */
import type { EngineOptions, LocalTransport, RoomId, SourceId } from '@parley/media-engine'
import { type Remote, startRemote } from './remote.ts'
import { type StreamShape, type Workload, watched } from './workload.ts'

export type Server = Remote<typeof import('./server.ts')>
export type Load = Remote<typeof import('./load.ts')>

/** A server and a load, not yet with anybody in them. */
export interface Bench {
  readonly server: Server
  readonly load: Load
  /** Stop both where they stand, so that something else has the machine; resume within 20 s, or consent runs out. */
  pause(): void
  resume(): void
  close(): Promise<void>
}

/** Somebody with a transport at the server and one at the load. */
export interface Participant {
  readonly transport: LocalTransport
  readonly client: LocalTransport
}

export interface PublishedSource {
  readonly kind: 'audio' | 'video'
  readonly id: SourceId
  readonly ssrc: number
  readonly rtxSsrc?: number
  readonly encodings: number
}

/** @param engine what differs from the engine's defaults, where it knows the option */
export async function openBench(engine: Partial<EngineOptions> = {}): Promise<Bench> {
  const server: Server = await startRemote(new URL('./server.ts', import.meta.url))
  const load: Load = await startRemote(new URL('./load.ts', import.meta.url))
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => {
    for (const { pid } of [server, load]) process.kill(pid, name)
  }
  const close = async () => {
    await load.close()
    await server.close()
  }
  try {
    await server.call.open(engine)
  } catch (error) {
    await close()
    throw error
  }
  return { server, load, pause: () => signal('SIGSTOP'), resume: () => signal('SIGCONT'), close }
}

/**
 * A bench with the rooms of a workload. Everybody is connected and sending when this returns.
 * @throws Error when someone cannot connect within 20 s
 */
export async function openRoom(workload: Workload, engine: Partial<EngineOptions> = {}): Promise<Bench> {
  const bench = await openBench(engine)
  try {
    for (let room = 0; room < (workload.rooms ?? 1); room++) await fill(bench, workload, room)
  } catch (error) {
    await bench.close()
    throw error
  }
  return bench
}

async function fill(bench: Bench, workload: Workload, number: number): Promise<void> {
  const { video = [], audio, lastN, restEncoding, loudest } = workload
  const people = await joinRoom(bench, await bench.server.call.createRoom(), workload.participants)
  const cameras: PublishedSource[] = []
  const microphones: PublishedSource[] = []
  for (const [sender, participant] of people.slice(0, workload.senders).entries()) {
    const place = (number * workload.participants + sender) * 2
    if (video.length > 0) cameras.push(await publish(bench, participant, 'video', video, place))
    if (audio) microphones.push(await publish(bench, participant, 'audio', [audio], place + 1))
  }
  const pick = (sources: readonly PublishedSource[], senders: readonly number[]) =>
    senders.flatMap((sender) => sources[sender] ?? [])
  for (const [receiver, participant] of people.entries()) {
    await subscribe(bench, participant, [
      ...pick(cameras, watched(workload, receiver, lastN)).map((source, index) => ({
        source,
        maxEncoding: index === 0 ? source.encodings - 1 : (restEncoding ?? source.encodings - 1),
      })),
      ...pick(microphones, watched(workload, receiver, loudest)).map((source) => ({ source, maxEncoding: 0 })),
    ])
  }
}

/** @throws Error when someone cannot connect within 20 s */
export async function joinRoom({ server, load }: Bench, room: RoomId, count: number): Promise<Participant[]> {
  const { port, fingerprint } = await server.call.describe()
  const near = await server.call.createTransports(room, count)
  const far = await load.call.createTransports(count, port)
  const people = near.map((transport, index) => {
    const client = far.transports[index]
    if (!client) throw new Error('fewer client transports than asked for')
    return { transport, client }
  })
  const due = (await server.call.connectedCount()) + count
  await server.call.connect(
    people.map(({ transport, client }) => ({ id: transport.id, remote: remoteOf(client, far.fingerprint, 'active') })),
  )
  await load.call.connect(
    people.map(({ transport, client }) => ({ id: client.id, remote: remoteOf(transport, fingerprint, 'passive') })),
  )
  await waitFor(async () => (await server.call.connectedCount()) >= due, 20_000, 'everybody to connect')
  return people
}

/** One source of one or several encodings, lowest first, which begins to send. `place` is different for each source of a bench. */
export async function publish(
  { server, load }: Bench,
  { transport, client }: Participant,
  kind: 'audio' | 'video',
  shapes: readonly StreamShape[],
  place: number,
): Promise<PublishedSource> {
  const encodings = shapes.map((_, index) => {
    const ssrc = 1_000_000_000 + place * 10 + index
    return kind === 'video' ? { ssrc, rtxSsrc: ssrc + 1_000_000_000 } : { ssrc }
  })
  const id = await server.call.createSource({ transport: transport.id, kind, encodings })
  for (const [index, shape] of shapes.entries()) {
    const encoding = encodings[index]
    if (!encoding) continue
    const codec = kind === 'video' ? ({ codec: 'vp8', payloadType: 100 } as const) : opus
    await load.call.send(client.id, { ...encoding, ...shape, ...codec })
  }
  const [first] = encodings
  if (!first) throw new Error('a source has at least one encoding')
  return { kind, id, ...first, encodings: encodings.length }
}

/** Replaces what a participant receives. A source arrives under the SSRC of its lowest encoding. */
export async function subscribe(
  { server, load }: Bench,
  { transport, client }: Participant,
  targets: readonly { readonly source: PublishedSource; readonly maxEncoding: number }[],
): Promise<void> {
  for (const { source } of targets) await load.call.expect(client.id, source.kind, source.ssrc, source.rtxSsrc)
  await server.call.setForwarding(
    transport.id,
    targets.map(({ source, maxEncoding }) => ({ source: source.id, maxEncoding })),
  )
}

export function remoteOf(
  local: { iceUfrag: string; icePwd: string },
  fingerprint: string,
  setup: 'active' | 'passive',
) {
  return {
    iceUfrag: local.iceUfrag,
    icePwd: local.icePwd,
    fingerprints: [{ hash: 'sha-256', value: fingerprint }],
    setup,
  }
}

export async function waitFor(condition: () => Promise<boolean>, deadlineMs: number, what: string): Promise<void> {
  const end = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms for ${what}`)
    await sleep(50)
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

const opus = { codec: 'opus', payloadType: 111 } as const
