import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import type { RtpParameters } from '../src/index.ts'
import { Side, sleep, until } from './support/peers.ts'

const ssrc = 51_001
const absSendTimeId = 3

const parameters: RtpParameters = {
  codecs: [{ payloadType: 100, kind: 'video', name: 'vp8', clockRateHz: 90_000 }],
  absSendTimeExtensionId: absSendTimeId,
}

interface Remb {
  readonly bps: number
  readonly ssrcs: readonly number[]
}

/** draft-alvestrand-rmcat-remb-03 §2.2, of every part of a compound packet. */
function rembsOf(packet: Buffer): Remb[] {
  const found: Remb[] = []
  for (let at = 0; at + 12 <= packet.length; at += 4 * (packet.readUInt16BE(at + 2) + 1)) {
    const isFeedback = packet[at + 1] === 206 && (packet[at]! & 31) === 15
    if (!isFeedback || packet.toString('latin1', at + 12, at + 16) !== 'REMB') continue
    const rate = packet.readUIntBE(at + 17, 3)
    const ssrcs = Array.from({ length: packet[at + 16]! }, (_, i) => packet.readUInt32BE(at + 20 + 4 * i))
    found.push({ bps: (rate & 0x3ffff) * 2 ** (rate >> 18), ssrcs })
  }
  return found
}

/** One packet of 1000 bytes with abs-send-time. */
function packetOf(sequence: number, sentMs: number): Buffer {
  const header = Buffer.alloc(20)
  header[0] = 0x90
  header[1] = 100
  header.writeUInt16BE(sequence % 65_536, 2)
  header.writeUInt32BE((sentMs * 90) >>> 0, 4)
  header.writeUInt32BE(ssrc, 8)
  header.writeUInt32BE(0xbede0001, 12)
  header[16] = (absSendTimeId << 4) | 2
  header.writeUIntBE(Math.floor((sentMs * 2 ** 18) / 1000) & 0xffffff, 17, 3)
  return Buffer.concat([header, Buffer.from([0x10, 0x10, 0, 0, 0x9d, 0x01, 0x2a]), Buffer.alloc(973)])
}

async function sendVideo(extensions: Partial<RtpParameters>, forMs: number): Promise<readonly Remb[]> {
  await using server = new Side()
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const rembs: Remb[] = []
  let reports = 0
  socket.on('message', (packet) => {
    rembs.push(...rembsOf(packet))
    if (packet[1] === 201) reports++
  })
  const line = server.engine.createPlainTransport({
    room: server.engine.createRoom(),
    remote: { ip: '127.0.0.1', port: socket.address().port },
  })
  server.engine.setRtpParameters(line.id, { ...parameters, ...extensions })
  server.engine.createSource({ transport: line.id, kind: 'video', encodings: [{ ssrc }] })
  const began = performance.now()
  let sequence = 0
  // 800 kbit/s
  while (performance.now() - began < forMs) {
    const due = (performance.now() - began) / 10
    while (sequence < due) socket.send(packetOf(sequence++, performance.now()), line.port, '127.0.0.1')
    await sleep(10)
  }
  await until(() => reports > 0, 'a receiver report')
  socket.close()
  return rembs
}

test('a sender of video without transport-cc hears from REMB what it may send', async () => {
  const rembs = await sendVideo({}, 3500)
  assert.ok(rembs.length >= 2, `${rembs.length} times in 3.5 s`)
  for (const { bps, ssrcs } of rembs) {
    assert.deepEqual(ssrcs, [ssrc])
    assert.ok(bps > 100_000 && bps < 10_000_000, `${bps} bit/s`)
  }
})

test('a sender with transport-cc hears of no REMB', async () => {
  assert.deepEqual(await sendVideo({ transportCcExtensionId: 5 }, 2500), [])
})
