import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLoadSender, type LoadSenderOptions } from '../src/index.ts'
import { startSink, video } from './support/media.ts'
import { addConnectedPeer, Side, until } from './support/peers.ts'

const low: LoadSenderOptions = {
  ...video,
  ssrc: 3001,
  rtxSsrc: 3101,
  payloadBytes: 200,
  packetsPerSecond: 100,
  burst: 2,
}
const high: LoadSenderOptions = { ...video, ssrc: 3002, rtxSsrc: 3102, payloadBytes: 1000 }

test('a receiver moves between encodings on key frames, with one SSRC and continuous numbers', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const source = server.engine.createSource({
    transport: sender.server,
    kind: 'video',
    encodings: [low, high].map(({ ssrc, rtxSsrc = 0 }) => ({ ssrc, rtxSsrc })),
  })
  createLoadSender(clients.engine, sender.client, low)
  let top = createLoadSender(clients.engine, sender.client, high)
  const receiver = await addConnectedPeer(server, clients, room)
  // The receiver knows of the first encoding only.
  const sink = startSink(clients, receiver, [low])
  const limit = (maxEncoding: number) => server.engine.setForwarding(receiver.server, [{ source, maxEncoding }])

  let discontinuities = 0
  let missing = 0
  /** Mean packet size tells which encoding arrives. */
  const settle = (payloadBytes: number) =>
    until(() => {
      const stats = sink.stats()
      if (stats.packets < 20) return false
      sink.stats({ reset: true })
      discontinuities += stats.discontinuities
      missing += stats.missing
      // Header, and an extension block for the transport-wide number.
      return stats.bytes === stats.packets * (12 + 8 + payloadBytes)
    }, `packets of ${payloadBytes} bytes`)

  limit(0)
  await settle(200)
  limit(1)
  await settle(1000)
  limit(0)
  await settle(200)
  limit(1)
  await settle(1000)
  // The better encoding stops, as when the sender's bandwidth does not suffice, and comes back.
  top.close()
  await settle(200)
  top = createLoadSender(clients.engine, sender.client, high)
  await settle(1000)
  assert.equal(discontinuities, 0)
  assert.equal(missing, 0)
  assert.equal(clients.engine.stats().drops['srtp-replay'], undefined)
})
