import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoadSink, SrtpProfileName } from '../src/index.ts'
import { audio, startSender, startSink, video } from './support/media.ts'
import { addConnectedPeer, Side, sleep, until } from './support/peers.ts'

const profiles: readonly SrtpProfileName[] = ['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_256_GCM']

for (const profile of profiles) {
  test(`Opus and VP8 reach every receiver without a gap, ${profile}`, async () => {
    await using server = new Side({ srtpProfiles: [profile] })
    await using clients = new Side({ srtpProfiles: [profile] })
    const room = server.engine.createRoom()
    const sender = await addConnectedPeer(server, clients, room)
    const { source: voice } = startSender(server, clients, sender, audio)
    const { source: camera } = startSender(server, clients, sender, video)
    const sinks: LoadSink[] = []
    for (let i = 0; i < 3; i++) {
      const receiver = await addConnectedPeer(server, clients, room)
      sinks.push(startSink(clients, receiver, [audio, video]))
      server.engine.setForwarding(receiver.server, [
        { source: voice, maxEncoding: 0 },
        { source: camera, maxEncoding: 0 },
      ])
    }
    await until(() => sinks.every((sink) => sink.stats().packets > 200), 'packets at every receiver')
    for (const sink of sinks) {
      const stats = sink.stats()
      assert.equal(stats.missing, 0)
      assert.equal(stats.latency.count, stats.packets)
    }
    const { transports } = server.engine.stats()
    assert.ok(transports.every((entry) => entry.srtpProfile === profile))
  })
}

test('a new receiver begins with a key frame, which the sender is asked for', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const { source } = startSender(server, clients, sender, video)
  await sleep(100)
  const receiver = await addConnectedPeer(server, clients, room)
  const sink = startSink(clients, receiver, [video])
  server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
  await until(() => sink.stats().packets > 50, 'video at the receiver', 2000)
  const atSender = server.engine.stats().transports.find((entry) => entry.transport === sender.server)
  assert.equal(atSender?.plisSent, 1)
})

test('a receiver that comes back after a pause sees no gap', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const receiver = await addConnectedPeer(server, clients, room)
  const { source } = startSender(server, clients, sender, video)
  const sink = startSink(clients, receiver, [video])
  const everything = [{ source, maxEncoding: 0 }]
  server.engine.setForwarding(receiver.server, everything)
  await until(() => sink.stats().packets > 50, 'video')
  for (let i = 0; i < 3; i++) {
    server.engine.setForwarding(receiver.server, [])
    // what waits for its turn on a path that is not known to be wide yet still comes
    await sleep(600)
    const paused = sink.stats().packets
    await sleep(100)
    assert.equal(sink.stats().packets, paused)
    server.engine.setForwarding(receiver.server, everything)
    await until(() => sink.stats().packets > paused + 50, 'video again', 3000)
  }
  assert.equal(sink.stats().missing, 0)
})

test('a blocked source is silent and counted', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const receiver = await addConnectedPeer(server, clients, room)
  const { source } = startSender(server, clients, sender, audio)
  const sink = startSink(clients, receiver, [audio])
  server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
  await until(() => sink.stats().packets > 5, 'sound')
  server.engine.setSourceBlocked(source, true)
  await sleep(50)
  const before = sink.stats().packets
  await sleep(100)
  assert.equal(sink.stats().packets, before)
  assert.ok((server.engine.stats().drops['blocked-source'] ?? 0) > 0)
  server.engine.setSourceBlocked(source, false)
  await until(() => sink.stats().packets > before, 'sound again')
})

test('audio levels come in batches of 100 ms, with the source that spoke', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const { source } = startSender(server, clients, sender, { ...audio, audioLevel: 42 })
  await sleep(600)
  const batches = server.events.flatMap((event) => (event.type === 'audio-levels' ? [event] : []))
  assert.ok(batches.length >= 3 && batches.length <= 7, `${batches.length} batches in 600 ms`)
  for (const batch of batches) {
    assert.equal(batch.room, room)
    for (let i = 0; i < batch.levels.length; i += 2) {
      assert.deepEqual([batch.levels[i], batch.levels[i + 1]], [source, 42])
    }
  }
})

test('nothing crosses from one room to another, with equal SSRCs in all', async () => {
  await using server = new Side()
  await using clients = new Side()
  const addRoom = async (i: number) => {
    const room = server.engine.createRoom()
    const sender = await addConnectedPeer(server, clients, room)
    const receiver = await addConnectedPeer(server, clients, room)
    const { source } = startSender(server, clients, sender, { ...audio, payloadBytes: 100 + i })
    return { sink: startSink(clients, receiver, [audio]), receiver, source, payload: 100 + i }
  }
  const rooms = [await addRoom(0), await addRoom(1), await addRoom(2), await addRoom(3)]
  for (const { receiver, source } of rooms.slice(0, 3)) {
    server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
  }
  const [first, , , last] = rooms
  assert.ok(first && last)
  assert.throws(() => server.engine.setForwarding(last.receiver.server, [{ source: first.source, maxEncoding: 0 }]), {
    code: 'PARLEY_ENGINE',
    reason: 'bad-argument',
  })
  await until(() => rooms.slice(0, 3).every(({ sink }) => sink.stats().packets > 20), 'sound in three rooms')
  for (const { sink, payload } of rooms.slice(0, 3)) {
    const { packets, bytes } = sink.stats()
    // Header, extensions for level and transport-wide number, payload: a stranger's packet would have another size.
    assert.equal(bytes, packets * (12 + 12 + payload))
  }
  assert.equal(last.sink.stats().packets, 0)
})
