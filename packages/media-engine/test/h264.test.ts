import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import type { LocalPlainTransport, RtpParameters } from '../src/index.ts'
import { Side, sleep, until } from './support/peers.ts'

const parameters: RtpParameters = {
  codecs: [{ payloadType: 107, kind: 'video', name: 'h264', clockRateHz: 90_000 }],
}
/** Lowest first. */
const ssrcs = [41_001, 41_002, 41_003]

interface Received {
  readonly sequence: number
  readonly timestamp: number
  readonly marker: boolean
  readonly encoding: number
  /** NAL unit type of the payload, 24 = STAP-A, 28 = FU-A (RFC 6184 §5.2). */
  readonly type: number
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** As Chromium packs it in packetization mode 1: parameter sets in a STAP-A, what is large in FU-As, else one NAL unit. */
function payloads(isKey: boolean, encoding: number): Buffer[] {
  const filling = Buffer.alloc(200, encoding)
  const whole = (...head: number[]) => Buffer.concat([Buffer.from(head), filling])
  if (!isKey) return [whole(0x41, 0x9a)]
  const sps = Buffer.from([0x67, 0x42, 0xe0, 0x1f, encoding])
  const pps = Buffer.from([0x68, 0xce, 0x3c, 0x80])
  const sized = (unit: Buffer) => Buffer.concat([Buffer.from([0, unit.length]), unit])
  const parameterSets = Buffer.concat([Buffer.from([0x78]), sized(sps), sized(pps)])
  return [parameterSets, whole(0x7c, 0x85, 0x88), whole(0x7c, 0x05, 0x84), whole(0x7c, 0x45, 0x84)]
}

/** Three encodings of one camera at 33 frames a second; answers every picture loss indication with a key frame. */
class Camera {
  readonly keyFrames = [0, 0, 0]
  readonly nacked = new Set<number>()
  readonly #socket: Socket
  readonly #port: number
  readonly #streams = ssrcs.map((ssrc, encoding) => ({
    ssrc,
    encoding,
    sequence: 65_400 - 1000 * encoding,
    isKeyWanted: true,
    start: 0x7fff_0000 + encoding * 123_457,
  }))
  readonly #timer: NodeJS.Timeout
  #ticks = 0
  /** Loses the parameter sets of the next key frame of this encoding. */
  loseParameterSetsOf: number | undefined

  constructor(socket: Socket, port: number) {
    this.#socket = socket
    this.#port = port
    socket.on('message', (packet) => this.#onRtcp(packet))
    this.#timer = setInterval(() => this.#sendFrames(), 30)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #onRtcp(packet: Buffer): void {
    for (let at = 0; at + 12 <= packet.length; at += 4 * (packet.readUInt16BE(at + 2) + 1)) {
      // PLI and NACK (RFC 4585 §6.3.1, §6.2.1)
      const kind = (packet[at]! & 31) === 1 ? packet[at + 1] : undefined
      const stream = this.#streams.find(({ ssrc }) => ssrc === packet.readUInt32BE(at + 8))
      if (stream && kind === 206) stream.isKeyWanted = true
      if (stream && kind === 205) this.nacked.add(stream.ssrc)
    }
  }

  #sendFrames(): void {
    this.#ticks += 2700
    for (const stream of this.#streams) {
      const isKey = stream.isKeyWanted
      stream.isKeyWanted = false
      if (isKey) this.keyFrames[stream.encoding]!++
      const parts = payloads(isKey, stream.encoding)
      for (const [index, payload] of parts.entries()) {
        const header = Buffer.alloc(12)
        header[0] = 0x80
        header[1] = 107 | (index === parts.length - 1 ? 0x80 : 0)
        header.writeUInt16BE(stream.sequence++ % 65_536, 2)
        header.writeUInt32BE((stream.start + this.#ticks) % 2 ** 32, 4)
        header.writeUInt32BE(stream.ssrc, 8)
        const isLost = isKey && index === 0 && this.loseParameterSetsOf === stream.encoding
        if (isLost) this.loseParameterSetsOf = undefined
        else this.#socket.send(Buffer.concat([header, payload]), this.#port, '127.0.0.1')
      }
    }
  }
}

function parse(packet: Buffer): Received {
  const payload = packet.subarray(12)
  return {
    sequence: packet.readUInt16BE(2),
    timestamp: packet.readUInt32BE(4),
    marker: (packet[1]! & 0x80) !== 0,
    encoding: payload[payload.length - 1] === 0x80 ? payload[7]! : payload[payload.length - 1]!,
    type: payload[0]! & 31,
  }
}

/** A camera and a receiver on plain transports, so that tests write and read RTP. */
async function startCall(server: Side) {
  const room = server.engine.createRoom()
  const [sending, receiving] = [await openSocket(), await openSocket()]
  const [from, to] = [sending, receiving].map((socket) => {
    const remote = { ip: '127.0.0.1', port: socket.address().port }
    const transport = server.engine.createPlainTransport({ room, remote })
    server.engine.setRtpParameters(transport.id, parameters)
    return transport
  }) as [LocalPlainTransport, LocalPlainTransport]
  const encodings = ssrcs.map((ssrc) => ({ ssrc }))
  const source = server.engine.createSource({ transport: from.id, kind: 'video', encodings })
  const received: Received[] = []
  receiving.on('message', (packet) => {
    if ((packet[1]! & 127) !== 107) return
    assert.equal(packet.readUInt32BE(8), ssrcs[0])
    received.push(parse(packet))
  })
  const camera = new Camera(sending, from.port)
  return {
    camera,
    received,
    limit: (maxEncoding: number) => server.engine.setForwarding(to.id, [{ source, maxEncoding }]),
    settle: (encoding: number) => {
      const isIt = () => received.length > 8 && received.slice(-8).every((packet) => packet.encoding === encoding)
      return until(isIt, `encoding ${encoding}`)
    },
    [Symbol.dispose]() {
      camera.close()
      sending.close()
      receiving.close()
    },
  }
}

test('H.264 simulcast: a receiver moves between sizes on whole key frames, with continuous numbers and one clock', async () => {
  await using server = new Side()
  using call = await startCall(server)
  const { camera, received } = call
  for (const encoding of [0, 2, 1, 2, 0]) {
    call.limit(encoding)
    await call.settle(encoding)
    await sleep(100)
  }
  const asked = camera.keyFrames.reduce((sum, count) => sum + count, 0)
  assert.ok(asked <= 3 + 5 + 5, `${asked} key frames for five switches`)
  let switches = 0
  for (const [index, packet] of received.entries()) {
    const before = received[index - 1]
    if (before) assert.equal(packet.sequence, (before.sequence + 1) % 65_536)
    if (before?.encoding === packet.encoding) continue
    switches++
    // parameter sets first, then the picture that they are for, to its end
    const picture = received.slice(index, index + 4)
    assert.deepEqual(
      picture.map(({ type, marker, encoding, timestamp }) => [type, marker, encoding, timestamp]),
      [24, 28, 28, 28].map((type, i) => [type, i === 3, packet.encoding, packet.timestamp]),
    )
    if (!before) continue
    const ticks = (packet.timestamp - before.timestamp) | 0
    assert.ok(ticks > 0 && ticks < 90_000, `the clock goes ${ticks} ticks from one size to the next`)
  }
  assert.equal(switches, 5)
})

test('H.264 simulcast: parameter sets that were lost are asked for, and a number is kept for them', async () => {
  await using server = new Side()
  using call = await startCall(server)
  const { camera, received } = call
  call.limit(0)
  await call.settle(0)
  camera.loseParameterSetsOf = 2
  call.limit(2)
  await call.settle(2)
  await until(() => camera.nacked.has(ssrcs[2]!), 'a NACK for the parameter sets')
  const index = received.findIndex(({ encoding }) => encoding === 2)
  assert.equal(received[index]!.sequence, (received[index - 1]!.sequence + 2) % 65_536)
  assert.equal(received[index]!.type, 28)
})
