/** Builds a workload: a server process, a load process, and one room between them. */
import type { SourceId } from '@parley/media-engine'
import { type Remote, startRemote } from './remote.ts'
import type { StreamShape, Workload } from './workload.ts'

type Server = Remote<typeof import('./server.ts')>
type Load = Remote<typeof import('./load.ts')>

export interface BenchRoom {
  readonly server: Server
  readonly load: Load
  close(): Promise<void>
}

/** Everybody is connected and sending when this returns. @throws Error when someone cannot connect within 20 s */
export async function openRoom(workload: Workload): Promise<BenchRoom> {
  const server: Server = await startRemote(new URL('./server.ts', import.meta.url))
  const load: Load = await startRemote(new URL('./load.ts', import.meta.url))
  const close = async () => {
    await load.close()
    await server.close()
  }
  try {
    await fill(server, load, workload)
  } catch (error) {
    await close()
    throw error
  }
  return { server, load, close }
}

async function fill(server: Server, load: Load, workload: Workload): Promise<void> {
  const { port, fingerprint } = await server.call.describe()
  const room = await server.call.createRoom()
  const near = await server.call.createTransports(room, workload.participants)
  const far = await load.call.createTransports(workload.participants, port)
  const pairs = near.map((transport, index) => {
    const client = far.transports[index]
    if (!client) throw new Error('fewer client transports than asked for')
    return { transport, client }
  })
  await server.call.connect(
    pairs.map(({ transport, client }) => ({ id: transport.id, remote: remoteOf(client, far.fingerprint, 'active') })),
  )
  await load.call.connect(
    pairs.map(({ transport, client }) => ({ id: client.id, remote: remoteOf(transport, fingerprint, 'passive') })),
  )
  await waitFor(
    async () => (await server.call.connectedCount()) === workload.participants,
    20_000,
    'everybody to connect',
  )

  const sources: { sender: number; id: SourceId }[] = []
  for (const [sender, { transport, client }] of pairs.slice(0, workload.senders).entries()) {
    for (const [kind, shape] of streams(workload)) {
      const ssrc = 1_000_000_000 + sender * 10 + (kind === 'video' ? 1 : 2)
      const rtx = kind === 'video' ? { rtxSsrc: ssrc + 1_000_000_000 } : {}
      const id = await server.call.createSource({ transport: transport.id, kind, encodings: [{ ssrc, ...rtx }] })
      sources.push({ sender, id })
      for (const [receiver, pair] of pairs.entries()) {
        if (receiver !== sender) await load.call.expect(pair.client.id, kind, ssrc, rtx.rtxSsrc)
      }
      await load.call.send(client.id, {
        ssrc,
        ...rtx,
        ...shape,
        codec: kind === 'video' ? 'vp8' : 'opus',
        payloadType: kind === 'video' ? 100 : 111,
      })
    }
  }
  for (const [receiver, { transport }] of pairs.entries()) {
    await server.call.setForwarding(
      transport.id,
      sources.filter(({ sender }) => sender !== receiver).map(({ id }) => id),
    )
  }
}

function streams({ video, audio }: Workload): ['video' | 'audio', StreamShape][] {
  return [
    ...(video ? [['video', video] as ['video', StreamShape]] : []),
    ...(audio ? [['audio', audio] as ['audio', StreamShape]] : []),
  ]
}

function remoteOf(local: { iceUfrag: string; icePwd: string }, fingerprint: string, setup: 'active' | 'passive') {
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
