/** Synthetic senders and receivers on connected peers. */
import {
  createLoadSender,
  createLoadSink,
  type LoadSender,
  type LoadSenderOptions,
  type LoadSink,
  type LoadSinkOptions,
  type SourceId,
} from '../../src/index.ts'
import type { Peer, Side } from './peers.ts'

export const video = {
  ssrc: 1_000_000_001,
  rtxSsrc: 1_000_000_002,
  payloadType: 100,
  codec: 'vp8',
  packetsPerSecond: 300,
  payloadBytes: 1000,
  burst: 6,
} as const satisfies LoadSenderOptions

export const audio = {
  ssrc: 2_000_000_001,
  payloadType: 111,
  codec: 'opus',
  packetsPerSecond: 50,
  payloadBytes: 90,
} as const satisfies LoadSenderOptions

function sourceOf(options: LoadSenderOptions) {
  const kind = options.codec === 'opus' || options.codec === 'red' ? 'audio' : 'video'
  const rtx = options.rtxSsrc === undefined ? {} : { rtxSsrc: options.rtxSsrc }
  return { kind, encodings: [{ ssrc: options.ssrc, ...rtx }] } as const
}

/** The peer sends; the server knows the source. */
export function startSender(
  server: Side,
  clients: Side,
  peer: Peer,
  options: LoadSenderOptions,
): { source: SourceId; sender: LoadSender } {
  const source = server.engine.createSource({ transport: peer.server, ...sourceOf(options) })
  return { source, sender: createLoadSender(clients.engine, peer.client, options) }
}

/** The peer counts what the server forwards to it, and has losses of these streams repaired. */
export function startSink(
  clients: Side,
  peer: Peer,
  expected: readonly LoadSenderOptions[],
  options: LoadSinkOptions = {},
): LoadSink {
  for (const stream of expected) clients.engine.createSource({ transport: peer.client, ...sourceOf(stream) })
  return createLoadSink(clients.engine, peer.client, options)
}
