import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSender, startSink, video } from './support/media.ts'
import { addConnectedPeer, Side, until } from './support/peers.ts'

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
