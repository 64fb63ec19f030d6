/**
 * The engine's face: tables of what exists, checks before anything crosses the border, and events in this package's words.
 * The native object stays behind private fields.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { availableParallelism, constants as osConstants } from 'node:os'
import { loadNative, type NativeEngine, type NativeEvent, type NativeHandle } from './native.ts'
import {
  EngineError,
  type EngineEvent,
  type EngineOptions,
  type EngineStats,
  type Forwarding,
  type LocalPlainTransport,
  type LocalTransport,
  type MediaEngine,
  type PlainTransportOptions,
  type RemoteTransport,
  type RoomId,
  type RtpParameters,
  type SourceId,
  type SourceOptions,
  type SrtpProfileName,
  type TransportId,
  type TransportOptions,
} from './types.ts'
import { nativeKeys, profileOf } from './srtp-keys.ts'
import { StatsTable, stateOf } from './stats-table.ts'
import { idlestThread, maxThreads, partForNext, type RoomPart, threadDigit } from './threads.ts'
import {
  badArgument,
  nativeCandidates,
  nativeEncodings,
  nativeFingerprints,
  nativeLimits,
  nativeRtpParameters,
  plainRemote,
  requireAddress,
  requireIceCredentials,
  requirePort,
  requirePorts,
} from './validate.ts'

/**
 * Opens the ports and starts the engine's threads.
 * @throws EngineError `port-in-use`, `bad-argument`.
 */
export function createEngine(options: EngineOptions): MediaEngine {
  return new Engine(options)
}

interface Room {
  /** By thread; the first one is where it began. */
  readonly parts: Map<number, Part>
  /** Every SSRC in use, RTX included. */
  readonly ssrcs: Set<number>
}

/** Of a room, on one media thread. */
interface Part extends RoomPart {
  /** Under which the thread knows it; the first part's is the room's. */
  readonly id: number
  readonly room: RoomId
  readonly transports: Set<TransportId>
  /** Sources forwarded to each receiver. */
  readonly forwarded: Map<TransportId, number>
}

interface Transport {
  readonly room: RoomId
  readonly sources: Set<SourceId>
  /** Has neither ICE nor DTLS. */
  readonly isPlain: boolean
}

interface Source {
  readonly transport: TransportId
  readonly room: RoomId
  readonly kind: 0 | 1
  /** As the native side takes them: each encoding's SSRC and RTX SSRC, 0 = none. */
  readonly encodings: Uint32Array
  /** Copies for receivers on other threads, by thread. */
  readonly mirrors: Map<number, number>
}

/** For `load.ts`: the native side of an engine, and fresh ids for what it makes there. */
export interface EngineInternals {
  readonly native: NativeEngine
  readonly handle: NativeHandle
  /** On the thread of the transport. */
  nextId(transport: TransportId): number
  requireTransport(transport: TransportId): void
}

const internals = new WeakMap<MediaEngine, () => EngineInternals>()

export function internalsOf(engine: MediaEngine): EngineInternals {
  const get = internals.get(engine)
  if (get === undefined) throw badArgument('not an engine of this package')
  return get()
}

class Engine implements MediaEngine {
  readonly port: number
  readonly tcpPort: number | undefined
  readonly fingerprint: string
  readonly threads: number
  readonly #native: NativeEngine
  readonly #onEvents: EngineOptions['onEvents']
  readonly #bindAddress: string | undefined
  readonly #rooms = new Map<RoomId, Room>()
  /** By the id under which a thread knows them. */
  readonly #parts = new Map<number, Part>()
  readonly #transports = new Map<TransportId, Transport>()
  readonly #sources = new Map<SourceId, Source>()
  readonly #sample: StatsTable
  #handle: NativeHandle | undefined
  #lastNumber = 0
  #closing: Promise<void> | undefined
  #stopped: () => void = () => {}

  constructor(options: EngineOptions) {
    this.#native = loadNative()
    this.#sample = new StatsTable(this.#native)
    this.#onEvents = options.onEvents
    this.#bindAddress = options.bindAddress
    const port = requirePort(options.port, 'port')
    const address = nativeBindAddress(options.bindAddress)
    const threads = requireThreads(options.threads)
    const tcpPort = options.tcpPort === undefined ? -1 : requirePort(options.tcpPort, 'tcpPort')
    const profiles = nativeProfiles(options.srtpProfiles)
    const onEvents = (events: readonly NativeEvent[]) => this.#handleEvents(events)
    const opened = this.#native.open(port, address, profiles, threads, onEvents, tcpPort)
    if (typeof opened === 'number') {
      throw openError(Math.abs(opened), opened < 0 ? `TCP port ${tcpPort}` : `UDP port ${port}`, options.bindAddress)
    }
    this.#handle = opened.handle
    this.port = opened.port
    this.tcpPort = opened.tcpPort === 0 ? undefined : opened.tcpPort
    this.fingerprint = opened.fingerprint
    this.threads = opened.threads
    internals.set(this, () => ({
      native: this.#native,
      handle: this.#running(),
      nextId: (transport) => this.#nextId(transport % this.threads),
      requireTransport: (transport) => void this.#transport(transport),
    }))
  }

  createRoom(): RoomId {
    const handle = this.#running()
    const thread = idlestThread(this.#parts.values(), this.threads)
    const id = this.#nextId(thread) as RoomId
    this.#send(this.#native.createRoom(handle, id))
    const room: Room = { parts: new Map(), ssrcs: new Set() }
    this.#rooms.set(id, room)
    this.#addPart(room, id, thread, id)
    return id
  }

  closeRoom(id: RoomId): void {
    const { parts } = this.#room(id)
    for (const part of parts.values()) {
      this.#send(this.#native.closeRoom(this.#running(), part.id))
      for (const transport of part.transports) this.#forgetTransport(transport)
      this.#parts.delete(part.id)
    }
    this.#rooms.delete(id)
  }

  createTransport(options: TransportOptions): LocalTransport {
    const candidates = nativeCandidates(options)
    const { id: part, thread, transports } = this.#partForNext(options.room)
    const id = this.#nextId(thread) as TransportId
    const { iceUfrag, icePwd } = iceCredentials(thread)
    const controlling = options.iceRole === 'controlling'
    this.#send(this.#native.createTransport(this.#running(), id, part, controlling, iceUfrag, icePwd, candidates))
    this.#transports.set(id, { room: options.room, sources: new Set(), isPlain: false })
    transports.add(id)
    return { id, iceUfrag, icePwd }
  }

  createPlainTransport(options: PlainTransportOptions): LocalPlainTransport {
    const { id: part, thread, transports } = this.#partForNext(options.room)
    const remote = plainRemote(options)
    const { profile, keys } = options.srtp ? nativeKeys(options.srtp) : { profile: 0, keys: [] }
    const id = this.#nextId(thread) as TransportId
    const bindAddress = options.bindAddress ?? this.#bindAddress
    const address = nativeBindAddress(bindAddress)
    const create = (port: number) =>
      this.#native.createPlainTransport(
        ...[this.#running(), id, part, address, port, remote.ip, remote.port, profile, keys],
      )
    const port = firstFreePort(create, options.ports, bindAddress)
    this.#transports.set(id, { room: options.room, sources: new Set(), isPlain: true })
    transports.add(id)
    return { id, port, ...(address !== '' && { ip: address }) }
  }

  connectTransport(transport: TransportId, remote: RemoteTransport): void {
    this.#iceTransport(transport)
    requireIceCredentials(remote)
    const fingerprints = nativeFingerprints(remote)
    this.#send(
      this.#native.connectTransport(
        this.#running(),
        transport,
        remote.iceUfrag,
        remote.icePwd,
        fingerprints,
        remote.setup === 'active',
      ),
    )
  }

  restartIce(transport: TransportId): LocalTransport {
    this.#iceTransport(transport)
    const { iceUfrag, icePwd } = iceCredentials(this.#threadOf(transport))
    this.#send(this.#native.restartIce(this.#running(), transport, iceUfrag, icePwd))
    return { id: transport, iceUfrag, icePwd }
  }

  setRtpParameters(transport: TransportId, parameters: RtpParameters): void {
    this.#transport(transport)
    const numbers = nativeRtpParameters(parameters)
    this.#send(this.#native.setRtpParameters(this.#running(), transport, numbers))
  }

  closeTransport(transport: TransportId): void {
    const { room } = this.#transport(transport)
    this.#send(this.#native.closeTransport(this.#running(), transport))
    // On the transport's own thread they went with it.
    for (const source of this.#transport(transport).sources) this.#closeMirrors(source)
    this.#forgetTransport(transport)
    this.#part(room, transport)?.transports.delete(transport)
  }

  createSource(options: SourceOptions): SourceId {
    const transport = this.#transport(options.transport)
    const room = this.#room(transport.room)
    const numbers = nativeEncodings(options)
    const ssrcs = [...numbers].filter((ssrc) => ssrc !== 0)
    const taken = ssrcs.find((ssrc) => room.ssrcs.has(ssrc))
    if (taken !== undefined) throw new EngineError('ssrc-in-use', `SSRC ${taken} belongs to another source of the room`)
    const id = this.#nextId(this.#threadOf(options.transport)) as SourceId
    const kind = options.kind === 'audio' ? 0 : 1
    this.#send(this.#native.createSource(this.#running(), id, options.transport, kind, numbers))
    this.#sources.set(id, {
      transport: options.transport,
      room: transport.room,
      kind,
      encodings: numbers,
      mirrors: new Map(),
    })
    transport.sources.add(id)
    for (const ssrc of ssrcs) room.ssrcs.add(ssrc)
    return id
  }

  setSourceBlocked(source: SourceId, blocked: boolean): void {
    const { mirrors } = this.#source(source)
    for (const id of [source, ...mirrors.values()]) {
      this.#send(this.#native.setSourceBlocked(this.#running(), id, blocked))
    }
  }

  closeSource(source: SourceId): void {
    this.#source(source)
    this.#send(this.#native.closeSource(this.#running(), source))
    this.#closeMirrors(source)
    this.#forgetSource(source)
  }

  setForwarding(receiver: TransportId, sources: readonly Forwarding[]): void {
    const { room } = this.#transport(receiver)
    const numbers = sources.flatMap((entry) => {
      const { source } = entry
      if (this.#source(source).room !== room) {
        throw badArgument(`source ${source} is not in the room of transport ${receiver}`)
      }
      return [this.#onThreadOf(receiver, source), ...nativeLimits(entry)]
    })
    this.#send(this.#native.setForwarding(this.#running(), receiver, Uint32Array.from(numbers)))
    this.#part(room, receiver)?.forwarded.set(receiver, sources.length)
  }

  requestKeyFrame(source: SourceId): void {
    this.#source(source)
    this.#send(this.#native.requestKeyFrame(this.#running(), source))
  }

  setDemand(receiver: TransportId, bps: number): void {
    this.#transport(receiver)
    if (!(bps >= 0)) throw badArgument(`no bit rate: ${bps}`)
    this.#send(this.#native.setDemand(this.#running(), receiver, Math.min(bps, maxDemandBps)))
  }

  askStunServer(server: { readonly ip: string; readonly port: number }): void {
    const { ip, port } = requireAddress(server, 'a STUN server')
    this.#send(this.#native.askStunServer(this.#running(), ip, port))
  }

  requestSample(): void {
    this.#send(this.#native.requestSample(this.#running()))
  }

  stats(): EngineStats {
    const handle = this.#running()
    if (!this.#native.waitForSample(handle)) {
      throw new EngineError('overloaded', 'the engine did not answer within a second')
    }
    // Not the listeners' table, which one of them may be reading.
    const table = new StatsTable(this.#native)
    table.read(handle)
    return table.toStats()
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#stopped = resolve
      if (this.#handle === undefined || !this.#native.close(this.#handle)) resolve()
      this.#handle = undefined
      this.#rooms.clear()
      this.#parts.clear()
      this.#transports.clear()
      this.#sources.clear()
    })
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #handleEvents(events: readonly NativeEvent[]): void {
    const told = events.flatMap((event) => this.#translate(event))
    try {
      if (told.length > 0) this.#onEvents(told)
    } catch (error) {
      // A throwing listener is the listener's fault and must not stop the engine; still it must be seen.
      process.emitWarning(error instanceof Error ? error : new Error(String(error)), 'EngineListenerError')
    }
    if (events.some(([type]) => type === 3)) this.#stopped()
  }

  #translate(event: NativeEvent): EngineEvent[] {
    switch (event[0]) {
      case 0: {
        const [, id, state, reason, remoteAddress] = event
        const transport = id as TransportId
        // Told by the engine's thread before it heard that the transport is closed.
        if (!this.#transports.has(transport)) return []
        return [
          {
            type: 'transport-state',
            transport,
            state: stateOf(state),
            ...(reason === null ? {} : { reason }),
            ...(remoteAddress === null ? {} : { remoteAddress }),
          },
        ]
      }
      case 1: {
        const room = this.#parts.get(event[1])?.room
        return room === undefined ? [] : [{ type: 'audio-levels', room, levels: event[2] }]
      }
      case 2: {
        const transport = event[1] as TransportId
        return this.#transports.has(transport) ? [{ type: 'bandwidth-estimate', transport, bps: event[2] }] : []
      }
      case 3:
        return []
      case 9:
        if (this.#handle === undefined) return []
        this.#sample.read(this.#handle)
        return [{ type: 'statistics', sample: this.#sample }]
      case 8: {
        const [, , server, address] = event
        return [{ type: 'mapped-address', server, ...(address !== null && { address }) }]
      }
    }
  }

  /** The id says where the thing lives, see `native/engine/loop_group.h`. */
  #nextId(thread: number): number {
    this.#lastNumber += 1
    return this.#lastNumber * this.threads + thread
  }

  #threadOf(id: number): number {
    return id % this.threads
  }

  #partForNext(id: RoomId): Part {
    const room = this.#room(id)
    const known = partForNext([...room.parts.values()], this.threads)
    if (known !== undefined) return known
    const thread = idlestThread(this.#parts.values(), this.threads, room.parts)
    const part = this.#nextId(thread)
    this.#send(this.#native.createRoom(this.#running(), part))
    return this.#addPart(room, id, thread, part)
  }

  #addPart(room: Room, roomId: RoomId, thread: number, id: number): Part {
    const part = {
      id,
      room: roomId,
      thread,
      transports: new Set<TransportId>(),
      forwarded: new Map<TransportId, number>(),
    }
    room.parts.set(thread, part)
    this.#parts.set(id, part)
    return part
  }

  #part(room: RoomId, transport: TransportId): Part | undefined {
    return this.#rooms.get(room)?.parts.get(this.#threadOf(transport))
  }

  /** The source, or its mirror on the receiver's thread; made when it is needed first. */
  #onThreadOf(receiver: TransportId, id: SourceId): number {
    const thread = this.#threadOf(receiver)
    if (this.#threadOf(id) === thread) return id
    const source = this.#source(id)
    const known = source.mirrors.get(thread)
    if (known !== undefined) return known
    const mirror = this.#nextId(thread)
    const part = this.#part(source.room, receiver)
    if (part === undefined) throw new EngineError('no-such-room', `no room ${source.room}`)
    this.#send(this.#native.mirrorSource(this.#running(), mirror, id, part.id, source.kind, source.encodings))
    source.mirrors.set(thread, mirror)
    return mirror
  }

  #closeMirrors(source: SourceId): void {
    const mirrors = this.#sources.get(source)?.mirrors.values() ?? []
    for (const mirror of mirrors) this.#send(this.#native.closeSource(this.#running(), mirror))
  }

  #running(): NativeHandle {
    if (this.#handle === undefined) throw new EngineError('closed', 'the engine is closed')
    return this.#handle
  }

  #send(accepted: boolean): void {
    if (!accepted) throw new EngineError('overloaded', "the engine's command queue is full")
  }

  #room(id: RoomId): Room {
    this.#running()
    const room = this.#rooms.get(id)
    if (room === undefined) throw new EngineError('no-such-room', `no room ${id}`)
    return room
  }

  #transport(id: TransportId): Transport {
    this.#running()
    const transport = this.#transports.get(id)
    if (transport === undefined) throw new EngineError('no-such-transport', `no transport ${id}`)
    return transport
  }

  #iceTransport(id: TransportId): Transport {
    const transport = this.#transport(id)
    if (transport.isPlain) throw badArgument(`transport ${id} is a plain one: it has neither ICE nor DTLS`)
    return transport
  }

  #source(id: SourceId): Source {
    this.#running()
    const source = this.#sources.get(id)
    if (source === undefined) throw new EngineError('no-such-source', `no source ${id}`)
    return source
  }

  #forgetTransport(id: TransportId): void {
    const transport = this.#transports.get(id)
    if (transport === undefined) return
    for (const source of transport.sources) this.#forgetSource(source)
    this.#part(transport.room, id)?.forwarded.delete(id)
    this.#transports.delete(id)
  }

  #forgetSource(id: SourceId): void {
    const source = this.#sources.get(id)
    if (source === undefined) return
    const room = this.#rooms.get(source.room)
    for (const ssrc of source.encodings) room?.ssrcs.delete(ssrc)
    this.#transports.get(source.transport)?.sources.delete(id)
    this.#sources.delete(id)
  }
}

/** Empty = all addresses. */
function nativeBindAddress(address: string | undefined): string {
  return address === undefined || address === '::' ? '' : address
}

/** Tries the ports from a random one on, so that one that was used a moment ago is not the next. */
function firstFreePort(
  create: (port: number) => number | false,
  ports: PlainTransportOptions['ports'],
  address: string | undefined,
): number {
  const { min, max } = requirePorts(ports)
  const count = max - min + 1
  const start = randomInt(count)
  for (let i = 0; i < count; i++) {
    const port = min + ((start + i) % count)
    const opened = create(port)
    if (opened === false) throw new EngineError('overloaded', "the engine's command queue is full")
    if (opened > 0) return opened
    if (-opened !== osConstants.errno.EADDRINUSE) throw openError(-opened, `UDP port ${port}`, address)
  }
  throw new EngineError('port-in-use', `all UDP ports from ${min} to ${max} are in use`)
}

function nativeProfiles(names: readonly SrtpProfileName[] = defaultProfiles): Uint32Array {
  if (names.length === 0) throw badArgument('at least one SRTP profile')
  return Uint32Array.from(names.map((name) => profileOf(name).id))
}

function requireThreads(threads = Math.max(1, Math.min(availableParallelism() - 1, maxThreads))): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= maxThreads) return threads
  throw badArgument(`threads must be a whole number from 1 to ${maxThreads}, not ${threads}`)
}

/** 42 and 144 bits; RFC 8445 §5.3 asks for 24 and 128. Base64url's characters are not all ICE's, plain base64's are. */
function iceCredentials(thread: number): { iceUfrag: string; icePwd: string } {
  return {
    iceUfrag: threadDigit(thread) + randomBytes(6).toString('base64').slice(1),
    icePwd: randomBytes(18).toString('base64'),
  }
}

function openError(errno: number, port: string, address: string | undefined): EngineError {
  const { EADDRINUSE, EACCES, EADDRNOTAVAIL, EINVAL } = osConstants.errno
  const where = `${port}${address === undefined ? '' : ` on ${address}`}`
  if (errno === EADDRINUSE) return new EngineError('port-in-use', `${where} is in use`)
  if (errno === EACCES) return badArgument(`not allowed to open ${where}`)
  if (errno === EADDRNOTAVAIL) return badArgument(`${address} is no address of this machine`)
  if (errno === EINVAL) return badArgument(`cannot open ${where}: not an IP address`)
  return badArgument(`cannot open ${where}: errno ${errno}`)
}

/** Beyond every network; what follows from it still fits the engine's numbers. */
const maxDemandBps = 1e12

/**
 * GCM is several times faster than counter mode with HMAC where the processor knows AES. Key length costs a third more
 * rounds and protects against nothing that 128 bits leave open for packets worth minutes, so that 256 is for peers that
 * have no other.
 */
const defaultProfiles: readonly SrtpProfileName[] = ['AEAD_AES_128_GCM', 'AEAD_AES_256_GCM', 'AES_CM_128_HMAC_SHA1_80']
