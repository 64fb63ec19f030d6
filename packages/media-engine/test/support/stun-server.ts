/** A STUN server that says what it is told to say. */
import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'

export interface StunServer {
  readonly port: number
  readonly requests: readonly RemoteInfo[]
  close(): void
}

/** @param mapped what it answers, IPv4; absent = it is silent. @param loseFirst so many requests get no answer */
export async function startStunServer(mapped?: { ip: string; port: number }, loseFirst = 0): Promise<StunServer> {
  const socket = createSocket('udp4')
  const requests: RemoteInfo[] = []
  socket.on('message', (request, from) => {
    requests.push(from)
    if (mapped === undefined || requests.length <= loseFirst) return
    // XOR-MAPPED-ADDRESS (RFC 8489 §14.2)
    const cookie = Buffer.from('2112a442', 'hex')
    const address = Buffer.from(mapped.ip.split('.').map(Number)).map((byte, i) => byte ^ (cookie[i] ?? 0))
    const attribute = Buffer.from([0, 0x20, 0, 8, 0, 1, 0, 0, ...address])
    attribute.writeUInt16BE(mapped.port ^ 0x2112, 6)
    const header = Buffer.concat([Buffer.from([1, 1, 0, attribute.length]), request.subarray(4, 20)])
    socket.send(Buffer.concat([header, attribute]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { port: socket.address().port, requests, close: () => socket.close() }
}
