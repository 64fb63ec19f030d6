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

test('a large room spreads its receivers, and each thread repairs losses of its own', async () => {
  await using server = new Side({ threads: 2 })
  await using clients = new Side()
  const room = server.engine.createRoom()
  const peers = []
  for (let i = 0; i < 40; i++) peers.push(await addConnectedPeer(server, clients, room))
  const [first, last] = [peers[0], peers.at(-1)]
  assert.ok(first && last)
  assert.notEqual(first.server % 2, last.server % 2, 'the last ones are on another thread')
  const seen = startSender(server, clients, first, video)
  const heard = startSender(server, clients, last, { ...audio, audioLevel: 30 })
  const receivers = peers.slice(1, -1)
  // Half of them lose video, which is repaired, and hear nothing, which is not.
  const loses = (i: number) => i % 2 === 0
  const sinks = receivers.map((receiver, i) =>
    loses(i) ? startSink(clients, receiver, [video], { loseEvery: 20 }) : startSink(clients, receiver, [video, audio]),
  )
  for (const [i, receiver] of receivers.entries()) {
    const sources = [seen.source, ...(loses(i) ? [] : [heard.source])]
    server.engine.setForwarding(
      receiver.server,
      sources.map((source) => ({ source, maxEncoding: 0 })),
    )
  }
  await until(() => sinks.every((sink) => sink.stats().packets > 300), 'media at all', 10_000)
  await until(() => sinks.every((sink) => sink.stats().missing === 0), 'repairs', 10_000)
  assert.ok(
    sinks.some((sink) => sink.stats().lostOnPurpose > 5),
    'something was lost',
  )
  const { threads, drops, layers = [] } = server.engine.stats()
  assert.ok(
    threads.every(({ forwarded }) => forwarded > 1000),
    'both threads forward',
  )
  assert.deepEqual(
    new Set(layers.map(({ source }) => source)),
    new Set([seen.source]),
    'mirrors are nobody else’s business',
  )
  assert.ok(server.events.some((event) => event.type === 'audio-levels' && event.room === room))
  assert.equal(drops['srtp-index-reused'], undefined)

  // who leaves the list on one thread, blocked and closed sources, are silent on both
  server.engine.setSourceBlocked(heard.source, true)
  server.engine.closeSource(seen.source)
  await sleep(800)
  const quiet = sinks.map((sink) => sink.stats().packets)
  await sleep(300)
  assert.deepEqual(
    sinks.map((sink) => sink.stats().packets),
    quiet,
  )
  server.engine.setSourceBlocked(heard.source, false)
  await until(() => sinks.every((sink, i) => loses(i) || sink.stats().packets > (quiet[i] ?? 0) + 20), 'sound again')
  server.engine.closeRoom(room)
  await until(() => server.engine.stats().transports.length === 0, 'an empty engine')
  assert.deepEqual(
    server.engine.stats().threads.map(({ rooms }) => rooms),
    [0, 0],
  )
})
