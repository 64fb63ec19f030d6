import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLoadSink } from '../src/index.ts'
import { audio, startSender, startSink, video } from './support/media.ts'
import { addConnectedPeer, Side, sleep, until } from './support/peers.ts'

test('two rooms live on two threads of one port, and the kernel learns which packets are whose', async () => {
  await using server = new Side({ threads: 2 })
  await using clients = new Side()
  assert.equal(server.engine.threads, 2)
  const rooms = [server.engine.createRoom(), server.engine.createRoom()] as const
  const calls = await Promise.all(
    rooms.map(async (room) => {
      const sender = await addConnectedPeer(server, clients, room)
      const receivers = await Promise.all([1, 2, 3].map(() => addConnectedPeer(server, clients, room)))
      const { source } = startSender(server, clients, sender, video)
      const sinks = receivers.map((receiver) => startSink(clients, receiver, [video]))
      for (const receiver of receivers) server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
      return sinks
    }),
  )
  await until(() => calls.flat().every((sink) => sink.stats().packets > 300), 'media in both rooms')
  const before = server.engine.stats()
  assert.deepEqual(
    before.threads.map(({ rooms }) => rooms),
    [1, 1],
  )
  assert.ok(
    before.threads.every(({ forwarded }) => forwarded > 500),
    'both threads forward',
  )

  await sleep(1000)
  const after = server.engine.stats()
  const handedOver = after.threads.map((thread, i) => thread.handedOver - (before.threads[i]?.handedOver ?? 0))
  const received = after.packetsReceived - before.packetsReceived
  assert.ok(received > 500)
  assert.deepEqual(handedOver, [0, 0], `of ${received} packets none takes a detour once the kernel knows the senders`)
  for (const sink of calls.flat()) assert.equal(sink.stats().missing, 0)
  assert.equal(after.drops['unknown-source-address'] ?? 0, 0)
})

test('many small rooms spread, and each of them works wherever its packets arrive', async () => {
  await using server = new Side({ threads: 3 })
  await using clients = new Side({ threads: 2 })
  const sinks = await Promise.all(
    Array.from({ length: 12 }, async () => {
      const room = server.engine.createRoom()
      const [sender, receiver] = await Promise.all([
        addConnectedPeer(server, clients, room),
        addConnectedPeer(server, clients, room),
      ])
      const { source } = startSender(server, clients, sender, audio)
      const sink = startSink(clients, receiver, [audio])
      server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
      return sink
    }),
  )
  await until(() => sinks.every((sink) => sink.stats().packets > 25), 'audio in all rooms')
  assert.deepEqual(
    server.engine.stats().threads.map(({ rooms }) => rooms),
    [4, 4, 4],
  )
})

test('rooms close on every thread, and the engine with them', async () => {
  const server = new Side({ threads: 2 })
  await using clients = new Side()
  const rooms = [server.engine.createRoom(), server.engine.createRoom()] as const
  const peers = await Promise.all(rooms.map((room) => addConnectedPeer(server, clients, room)))
  const [first, second] = peers
  assert.ok(first !== undefined && second !== undefined)
  server.engine.closeRoom(rooms[0])
  await clients.reaches(first.client, 'closed')
  createLoadSink(clients.engine, second.client)
  await server.engine.close()
  await clients.reaches(second.client, 'closed')
})

test('one thread needs no steering, and a wrong number is refused', async () => {
  await using server = new Side({ threads: 1 })
  assert.equal(server.engine.stats().threads.length, 1)
  for (const threads of [0, 65, 1.5]) assert.throws(() => new Side({ threads }), /threads must be/)
})
