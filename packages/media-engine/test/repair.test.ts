import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSender, startSink, video } from './support/media.ts'
import { addConnectedPeer, Side, sleep, until } from './support/peers.ts'

test('losses at a receiver are repaired by RTX from the history', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const { source } = startSender(server, clients, sender, video)
  const lossy = await addConnectedPeer(server, clients, room)
  const clean = await addConnectedPeer(server, clients, room)
  const lossySink = startSink(clients, lossy, [video], { loseEvery: 10 })
  const cleanSink = startSink(clients, clean, [video])
  for (const { server: receiver } of [lossy, clean]) {
    server.engine.setForwarding(receiver, [{ source, maxEncoding: 0 }])
  }
  await until(() => lossySink.stats().lostOnPurpose > 30, 'losses')
  await until(() => lossySink.stats().missing <= 2, 'repair of all but the newest losses')
  const atLossy = server.engine.stats().transports.find((entry) => entry.transport === lossy.server)
  assert.ok((atLossy?.nacksReceived ?? 0) >= 30)
  assert.ok((atLossy?.retransmitted ?? 0) >= 30)
  const atClean = server.engine.stats().transports.find((entry) => entry.transport === clean.server)
  assert.equal(atClean?.retransmitted, 0)
  assert.equal(cleanSink.stats().missing, 0)
})

test('losses on the way to the server are asked for and repaired before forwarding', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const { source } = startSender(server, clients, sender, video)
  const { createLoadSink } = await import('../src/index.ts')
  const atServer = createLoadSink(server.engine, sender.server, { loseEvery: 10 })
  const receiver = await addConnectedPeer(server, clients, room)
  const sink = startSink(clients, receiver, [video])
  server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
  await until(() => atServer.stats().lostOnPurpose > 30, 'losses')
  await until(() => sink.stats().missing <= 2, 'repair of all but the newest losses')
  const stats = server.engine.stats().transports.find((entry) => entry.transport === sender.server)
  assert.ok((stats?.nacksSent ?? 0) >= 30)
})

test('sources that use one retransmission SSRC one after the other never repeat its numbers', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const lossy = await addConnectedPeer(server, clients, room)
  const { createLoadSink } = await import('../src/index.ts')
  const sink = createLoadSink(clients.engine, lossy.client, { loseEvery: 5 })
  for (let round = 0; round < 5; round++) {
    const stream = { ...video, ssrc: video.ssrc + 10 * round }
    const { source, sender: load } = startSender(server, clients, sender, stream)
    const expected = clients.engine.createSource({
      transport: lossy.client,
      kind: 'video',
      encodings: [{ ssrc: stream.ssrc, rtxSsrc: stream.rtxSsrc }],
    })
    server.engine.setForwarding(lossy.server, [{ source, maxEncoding: 0 }])
    sink.stats({ reset: true })
    await until(() => sink.stats().lostOnPurpose > 20, `losses in round ${round}`)
    await until(() => sink.stats().missing <= 2, `repair in round ${round}`)
    load.close()
    server.engine.closeSource(source)
    clients.engine.closeSource(expected)
    await sleep(20)
  }
  // A number used twice under one key is a replay to its receiver, and gives GCM's key away to whoever listens.
  assert.equal(clients.engine.stats().drops['srtp-replay'], undefined)
  assert.equal(server.engine.stats().drops['srtp-index-reused'], undefined)
})
