/** Strangers: well-formed STUN requests with credentials that nobody has, from many addresses of loopback. */
import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'

const sockets: Socket[] = []
let timer: NodeJS.Timeout | undefined

/** Send `packetsPerSecond` in all to `port` of 127.0.0.1 from `addresses` addresses (at most 200) until closed. */
export async function start(port: number, packetsPerSecond: number, addresses: number): Promise<void> {
  for (let i = 0; i < addresses; i++) {
    const socket = createSocket('udp4')
    sockets.push(socket)
    await new Promise<void>((resolve) => socket.bind(0, `127.0.0.${2 + i}`, resolve))
  }
  const requests = Array.from({ length: 64 }, bindingRequest)
  let sent = 0
  const begun = performance.now()
  timer = setInterval(() => {
    const due = Math.min(sent + 1000, ((performance.now() - begun) / 1000) * packetsPerSecond)
    for (; sent < due; sent++) {
      const request = requests[sent % requests.length]
      if (request) sockets[sent % sockets.length]?.send(request, port, '127.0.0.1')
    }
  }, 5)
}

export function close(): void {
  clearInterval(timer)
  for (const socket of sockets) socket.close()
}

/** RFC 8489 §5: USERNAME and MESSAGE-INTEGRITY, the latter made up. */
function bindingRequest(): Buffer {
  const username = Buffer.from(`${randomBytes(4).toString('hex')}:${randomBytes(4).toString('hex')}0`)
  const padded = Buffer.alloc(Math.ceil(username.length / 4) * 4)
  username.copy(padded)
  const header = Buffer.alloc(20)
  header.writeUInt16BE(0x0001, 0)
  header.writeUInt16BE(4 + padded.length + 24, 2)
  header.writeUInt32BE(0x2112a442, 4)
  randomBytes(12).copy(header, 8)
  return Buffer.concat([header, attribute(0x0006, username.length), padded, attribute(0x0008, 20), randomBytes(20)])
}

function attribute(type: number, length: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt16BE(type, 0)
  bytes.writeUInt16BE(length, 2)
  return bytes
}
