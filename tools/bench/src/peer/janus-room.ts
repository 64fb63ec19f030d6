/** A video room of Janus with one sender and many receivers, all of them clients of our load. */
import type { LocalTransport, RemoteTransport } from '@parley/media-engine'
import { startRemote } from '../remote.ts'
import { type Load, waitFor } from '../room.ts'
import { rtpParameters, type StreamShape, type Workload } from '../workload.ts'
import { type JanusHandle, JanusSession } from './janus-api.ts'
import { type JanusOptions, type JanusProcess, startJanus } from './janus-process.ts'
import { type Description, readDescription, type Stream, writeAnswer, writeOffer } from './sdp.ts'

export interface JanusRoom {
  readonly janus: JanusProcess
  readonly load: Load
  pause(): void
  resume(): void
  close(): Promise<void>
}

export interface JanusRoomOptions extends JanusOptions {
  /** Whether packets towards receivers are numbered and receivers report on them, as ours does or does not. */
  readonly feedbackFromReceivers: boolean
}

/**
 * Everybody is connected and the sender sends when this returns.
 * @throws Error when someone cannot connect within 20 s, or the workload has other than one stream of one sender
 */
export async function openJanusRoom(workload: Workload, options: JanusRoomOptions): Promise<JanusRoom> {
  const { kind, shape } = onlyStream(workload)
  const janus = await startJanus(options)
  const load: Load = await startRemote(new URL('../load.ts', import.meta.url))
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => {
    for (const { pid } of [janus, load]) process.kill(pid, name)
  }
  let session: JanusSession | undefined
  const close = async () => {
    await load.close()
    await session?.close()
    await janus.close()
  }
  try {
    session = await JanusSession.open(janus.url)
    await fill(session, load, kind, shape, workload.participants - 1, options)
  } catch (error) {
    await close()
    throw error
  }
  return { janus, load, pause: () => signal('SIGSTOP'), resume: () => signal('SIGCONT'), close }
}

async function fill(
  session: JanusSession,
  load: Load,
  kind: 'audio' | 'video',
  shape: StreamShape,
  receivers: number,
  { feedbackFromReceivers }: JanusRoomOptions,
): Promise<void> {
  const stream: Stream = kind === 'video' ? { kind, ssrc: 1001, rtxSsrc: 2001 } : { kind, ssrc: 1001 }
  const publisher = await session.attach(plugin)
  // no limit to the bit rate, and no codec but the one that is sent
  await publisher.send({ request: 'create', room, publishers: 1, videocodec: 'vp8', audiocodec: 'opus', bitrate: 0 })
  await publisher.send({ request: 'join', ptype: 'publisher', room, id: feed })
  const sender = await connectPublisher(publisher, load, stream)
  await waitFor(async () => (await load.call.connectedCount()) === 1, 20_000, 'the sender to connect to Janus')
  const codec = kind === 'video' ? ({ codec: 'vp8', payloadType: 100 } as const) : opus
  await load.call.send(sender.id, { ...stream, ...shape, ...codec })
  for (let i = 0; i < receivers; i++) {
    await connectSubscriber(await session.attach(plugin), load, kind, feedbackFromReceivers)
  }
  await waitFor(
    async () => (await load.call.connectedCount()) === receivers + 1,
    20_000,
    'everybody to connect to Janus',
  )
}

/**
 * We offer, and so must have credentials before we know where Janus listens; our transports want to know that when they are
 * made. Hence two offers: the second restarts ICE before anything was sent, with a transport that knows the address.
 */
async function connectPublisher(handle: JanusHandle, load: Load, stream: Stream): Promise<LocalTransport> {
  const offer = async (candidate: { readonly ip: string; readonly port: number }) => {
    const client = await load.call.createClient({ iceRole: 'controlling', candidate, parameters: rtpParameters })
    const sdp = writeOffer(client.transport, client.fingerprint, stream, rtpParameters)
    const { jsep } = await handle.send({ request: 'configure' }, { type: 'offer', sdp })
    return { transport: client.transport, answer: readDescription(jsep?.sdp ?? '') }
  }
  const first = await offer({ ip: '127.0.0.1', port: 9 })
  await load.call.closeClient(first.transport.id)
  const { transport, answer } = await offer(candidateOf(first.answer))
  await load.call.connect([{ id: transport.id, remote: remoteOf(answer) }])
  return transport
}

async function connectSubscriber(
  handle: JanusHandle,
  load: Load,
  kind: 'audio' | 'video',
  feedbackFromReceivers: boolean,
): Promise<void> {
  const { jsep } = await handle.send({ request: 'join', ptype: 'subscriber', room, streams: [{ feed }] })
  const whole = readDescription(jsep?.sdp ?? '')
  const { transportCcExtensionId: _left, ...without } = whole.parameters
  const offer: Description = feedbackFromReceivers ? whole : { ...whole, parameters: without }
  const { transport, fingerprint } = await load.call.createClient({
    iceRole: 'controlling',
    candidate: candidateOf(offer),
    parameters: offer.parameters,
  })
  const [ssrc, rtxSsrc] = offer.ssrcs
  if (ssrc === undefined) throw new Error('Janus offers a stream without an SSRC')
  await load.call.expect(transport.id, kind, ssrc, rtxSsrc)
  await load.call.connect([{ id: transport.id, remote: remoteOf(offer) }])
  await handle.send({ request: 'start' }, { type: 'answer', sdp: writeAnswer(transport, fingerprint, kind, offer) })
}

function candidateOf({ candidates }: Description): { readonly ip: string; readonly port: number } {
  const candidate = candidates.find(({ ip }) => !ip.includes(':'))
  if (!candidate) throw new Error('Janus has no IPv4 candidate')
  return candidate
}

/** Janus leaves the choice to us when it offers, and we have answered that we are active. */
function remoteOf({ iceUfrag, icePwd, fingerprints, setup }: Description): RemoteTransport {
  return { iceUfrag, icePwd, fingerprints, setup: setup === 'active' ? 'active' : 'passive' }
}

function onlyStream({ name, senders, rooms = 1, video = [], audio }: Workload) {
  const [camera] = video
  if (senders === 1 && rooms === 1 && camera && video.length === 1 && !audio)
    return { kind: 'video', shape: camera } as const
  if (senders === 1 && rooms === 1 && audio && video.length === 0) return { kind: 'audio', shape: audio } as const
  throw new Error(`${name} has other than one stream of one sender: this is not compared with a peer`)
}

const plugin = 'janus.plugin.videoroom'
const room = 1
const feed = 1
const opus = { codec: 'opus', payloadType: 111 } as const
