/** TCP as ICE uses it (RFC 4571 frames), and a way for a client engine, which knows UDP only, to reach a server by it. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { until } from './peers.ts'

export function frame(packet: Uint8Array): Buffer {
  const header = Buffer.alloc(2)
  header.writeUInt16BE(packet.length)
  return Buffer.concat([header, packet])
}

export class FramedSocket {
  readonly frames: Buffer[] = []
  readonly socket: Socket
  isClosed = false
  #rest = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('error', () => {})
    socket.on('close', () => (this.isClosed = true))
  }

  static async open(port: number): Promise<FramedSocket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return new FramedSocket(socket)
  }

  send(packet: Uint8Array): void {
    if (!this.isClosed) this.socket.write(frame(packet))
  }

  /** The next frame, or the first later one for which `matches` says yes. */
  async next(what: string, matches: (packet: Buffer) => boolean = () => true): Promise<Buffer> {
    await until(() => this.frames.some(matches), what)
    const index = this.frames.findIndex(matches)
    return this.frames.splice(0, index + 1)[index] ?? Buffer.alloc(0)
  }

  async closes(timeoutMs?: number): Promise<void> {
    await until(() => this.isClosed, 'the connection to be closed', timeoutMs)
  }

  #read(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes])
    while (this.#rest.length >= 2 && this.#rest.length >= 2 + this.#rest.readUInt16BE()) {
      const size = this.#rest.readUInt16BE()
      this.frames.push(this.#rest.subarray(2, 2 + size))
      this.#rest = this.#rest.subarray(2 + size)
    }
  }
}

/** A UDP port whose datagrams go on as frames over one TCP connection, and back. */
export interface Bridge {
  /** For the client's `remoteCandidates`. */
  readonly port: number
  /** Frames that came and are no packets of ICE, DTLS, RTP or RTCP: torn ones. */
  torn(): number
  pause(): void
  resume(): void
  /** Cuts the connection. The next check opens another. */
  cut(): void
  close(): void
}

export async function openBridge(tcpPort: number): Promise<Bridge> {
  const udp = createSocket('udp4')
  udp.bind(0, '127.0.0.1')
  await once(udp, 'listening')
  let connection = await FramedSocket.open(tcpPort)
  let isNamed = false
  let client: number | undefined
  let torn = 0
  let isOpening = false
  const deliver = (from: FramedSocket) => () => {
    for (const packet of from.frames.splice(0)) {
      const first = packet[0] ?? 255
      if (!(first <= 3 || (first >= 20 && first <= 63) || (first >= 128 && first <= 191))) torn++
      if (client !== undefined) udp.send(packet, client, '127.0.0.1')
    }
  }
  connection.socket.on('data', deliver(connection))
  udp.on('message', async (packet, { port }) => {
    client = port
    if (connection.isClosed && !isOpening) {
      isOpening = true
      isNamed = false
      connection = await FramedSocket.open(tcpPort)
      connection.socket.on('data', deliver(connection))
      isOpening = false
    }
    isNamed ||= (packet[0] ?? 255) <= 3
    if (isNamed && !isOpening) connection.send(packet)
  })
  return {
    port: udp.address().port,
    torn: () => torn,
    pause: () => void connection.socket.pause(),
    resume: () => void connection.socket.resume(),
    cut: () => void connection.socket.destroy(),
    close: () => {
      udp.close()
      connection.socket.destroy()
    },
  }
}
