/** A server engine and client peers over loopback, with every wait bounded. */
import {
  createEngine,
  type EngineEvent,
  type EngineOptions,
  type MediaEngine,
  type RoomId,
  type RtpParameters,
  type TransportId,
  type TransportState,
} from '../../src/index.ts'

export const rtpParameters: RtpParameters = {
  codecs: [
    { payloadType: 111, kind: 'audio', name: 'opus', clockRateHz: 48000 },
    { payloadType: 100, kind: 'video', name: 'vp8', clockRateHz: 90000 },
    { payloadType: 96, kind: 'video', name: 'rtx', clockRateHz: 90000, associatedPayloadType: 100 },
  ],
  audioLevelExtensionId: 1,
  transportCcExtensionId: 5,
  absSendTimeExtensionId: 3,
}

/** An engine that remembers what it told. */
export class Side {
  readonly events: EngineEvent[] = []
  readonly engine: MediaEngine

  constructor(options: Omit<EngineOptions, 'onEvents' | 'port'> = {}) {
    this.engine = createEngine({ ...options, port: 0, onEvents: (events) => void this.events.push(...events) })
  }

  /** The last state that a transport was told to be in. */
  stateOf(transport: TransportId): Extract<EngineEvent, { type: 'transport-state' }> | undefined {
    return this.events.findLast((event) => event.type === 'transport-state' && event.transport === transport) as
      | Extract<EngineEvent, { type: 'transport-state' }>
      | undefined
  }

  async reaches(transport: TransportId, state: TransportState, timeoutMs = 5000): Promise<string | undefined> {
    await until(() => this.stateOf(transport)?.state === state, `transport ${transport} to be ${state}`, timeoutMs)
    return this.stateOf(transport)?.reason
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.engine.close()
  }
}

/** A participant: a transport at the server and its counterpart in a client engine. */
export interface Peer {
  readonly server: TransportId
  readonly client: TransportId
  readonly clientRoom: RoomId
}

export interface PeerOptions {
  /** Instead of the client's certificate, at the server. */
  readonly clientFingerprint?: string
  /** Under which address the client reaches the server; default 127.0.0.1. */
  readonly ip?: string
  /** And port; default the server's own. */
  readonly port?: number
  /** The server is the DTLS client. */
  readonly serverStarts?: boolean
}

export function addPeer(server: Side, clients: Side, room: RoomId, options: PeerOptions = {}): Peer {
  const clientRoom = clients.engine.createRoom()
  const atServer = server.engine.createTransport({ room, iceRole: 'controlling' })
  const atClient = clients.engine.createTransport({
    room: clientRoom,
    iceRole: 'controlled',
    remoteCandidates: [{ ip: options.ip ?? '127.0.0.1', port: options.port ?? server.engine.port }],
  })
  server.engine.setRtpParameters(atServer.id, rtpParameters)
  clients.engine.setRtpParameters(atClient.id, rtpParameters)
  clients.engine.connectTransport(atClient.id, {
    iceUfrag: atServer.iceUfrag,
    icePwd: atServer.icePwd,
    fingerprints: [{ hash: 'sha-256', value: server.engine.fingerprint }],
    setup: options.serverStarts === true ? 'active' : 'passive',
  })
  server.engine.connectTransport(atServer.id, {
    iceUfrag: atClient.iceUfrag,
    icePwd: atClient.icePwd,
    fingerprints: [{ hash: 'sha-256', value: options.clientFingerprint ?? clients.engine.fingerprint }],
    setup: options.serverStarts === true ? 'passive' : 'active',
  })
  return { server: atServer.id, client: atClient.id, clientRoom }
}

export async function addConnectedPeer(
  server: Side,
  clients: Side,
  room: RoomId,
  options: PeerOptions = {},
): Promise<Peer> {
  const peer = addPeer(server, clients, room, options)
  await Promise.all([server.reaches(peer.server, 'connected'), clients.reaches(peer.client, 'connected')])
  return peer
}

export async function until(condition: () => boolean, what: string, timeoutMs = 5000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await sleep(10)
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
