/** Sockets that read what the floor sends, one a receiver, so that delivery costs the kernel the same as in the measured run. */
import { createSocket, type Socket } from 'node:dgram'

const sockets: Socket[] = []
let packets = 0

export async function open(count: number): Promise<number[]> {
  for (let i = 0; i < count; i++) {
    const socket = createSocket('udp4')
    socket.on('message', () => packets++)
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    sockets.push(socket)
  }
  return sockets.map((socket) => socket.address().port)
}

export function received(): number {
  return packets
}

export function close(): void {
  for (const socket of sockets) socket.close()
}
