/** Paths between clients and the server that delay and lose datagrams, in a process of their own; seeded. */
import { createSocket, type Socket } from 'node:dgram'

export interface Impairment {
  /** Share of datagrams lost, each by itself, in each direction. */
  readonly loss: number
}

let impairment: Impairment = { loss: 0 }
const sockets: Socket[] = []

/** One path a client: the ports to give the clients instead of the server's. Both ways take `delayMs`. */
export async function open(count: number, serverPort: number, delayMs: number, seed: number): Promise<number[]> {
  const random = generator(seed)
  const carry = (send: () => void) => {
    if (random() >= impairment.loss) setTimeout(send, delayMs)
  }
  const ports: number[] = []
  for (let i = 0; i < count; i++) {
    const [near, far] = await Promise.all([bound(), bound()])
    let client: { port: number; address: string } | undefined
    near.on('message', (bytes, from) => {
      client = from
      carry(() => far.send(bytes, serverPort, '127.0.0.1'))
    })
    far.on('message', (bytes) => carry(() => client && near.send(bytes, client.port, client.address)))
    ports.push(near.address().port)
  }
  return ports
}

/** From the next datagram on. */
export function impair(next: Impairment): void {
  impairment = next
}

export function close(): void {
  // what is still on its way is dropped with the process
  for (const socket of sockets) socket.removeAllListeners('message')
}

async function bound(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
  sockets.push(socket)
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return socket
}

/** xorshift32. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
