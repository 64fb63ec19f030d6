import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { createEngine, createLoadSink, type RoomId, type SourceId, type TransportId } from '../src/index.ts'
import { audio, startSender, startSink, video } from './support/media.ts'
import { addConnectedPeer, addPeer, Side, sleep, until } from './support/peers.ts'

test('closing twice is closing once, and the port is free again', async () => {
  const engine = createEngine({ port: 0, onEvents: () => {} })
  const { port } = engine
  await Promise.all([engine.close(), engine.close()])
  await engine.close()
  const again = createEngine({ port, onEvents: () => {} })
  assert.equal(again.port, port)
  await again.close()
})

test('a port in use is refused by name', async () => {
  await using server = new Side()
  assert.throws(() => createEngine({ port: server.engine.port, onEvents: () => {} }), {
    code: 'PARLEY_ENGINE',
    reason: 'port-in-use',
  })
})

test('use after close is refused', async () => {
  const side = new Side()
  const room = side.engine.createRoom()
  await side.engine.close()
  const closed = { code: 'PARLEY_ENGINE', reason: 'closed' }
  assert.throws(() => side.engine.createRoom(), closed)
  assert.throws(() => side.engine.closeRoom(room), closed)
  assert.throws(() => side.engine.stats(), closed)
})

test('closing while media flows and handshakes run', async () => {
  for (let round = 0; round < 3; round++) {
    const server = new Side()
    const clients = new Side()
    const room = server.engine.createRoom()
    const sender = await addConnectedPeer(server, clients, room)
    const { source } = startSender(server, clients, sender, { ...video, packetsPerSecond: 3000 })
    const receiver = await addConnectedPeer(server, clients, room)
    startSink(clients, receiver, [video])
    server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
    await sleep(50)
    for (let i = 0; i < 5; i++) addPeer(server, clients, room)
    await (round % 2 === 0 ? server : clients).engine.close()
    await (round % 2 === 0 ? clients : server).engine.close()
  }
})

test('a closed room takes its transports and sources along; other rooms go on', async () => {
  await using server = new Side()
  await using clients = new Side()
  const [one, two] = [server.engine.createRoom(), server.engine.createRoom()]
  const gone = await addConnectedPeer(server, clients, one)
  const { source } = startSender(server, clients, gone, audio)
  const sender = await addConnectedPeer(server, clients, two)
  const receiver = await addConnectedPeer(server, clients, two)
  const { source: kept } = startSender(server, clients, sender, audio)
  const sink = startSink(clients, receiver, [audio])
  server.engine.setForwarding(receiver.server, [{ source: kept, maxEncoding: 0 }])
  server.engine.closeRoom(one)
  await clients.reaches(gone.client, 'closed')
  assert.throws(() => server.engine.closeSource(source), { reason: 'no-such-source' })
  assert.throws(() => server.engine.closeTransport(gone.server), { reason: 'no-such-transport' })
  assert.throws(() => server.engine.closeRoom(one), { reason: 'no-such-room' })
  const before = sink.stats().packets
  await until(() => sink.stats().packets > before + 10, 'sound in the other room')
})

test('a source that leaves and comes back with the same SSRC continues its numbers', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const receiver = await addConnectedPeer(server, clients, room)
  const sink = startSink(clients, receiver, [video])
  for (let round = 0; round < 3; round++) {
    const { source, sender: load } = startSender(server, clients, sender, video)
    server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
    const before = sink.stats().packets
    await until(() => sink.stats().packets > before + 60, `video in round ${round}`)
    load.close()
    server.engine.closeSource(source)
    await sleep(30)
  }
  // A number used twice under one key would be a replay at the receiver.
  const { drops } = clients.engine.stats()
  assert.equal(drops['srtp-replay'], undefined)
  assert.equal(sink.stats().missing, 0)
})

test('an SSRC belongs to one source of a room', async () => {
  await using server = new Side()
  const [one, two] = [server.engine.createRoom(), server.engine.createRoom()]
  const transport = (room: RoomId) => server.engine.createTransport({ room, iceRole: 'controlling' }).id
  const source = (of: TransportId, ssrc: number): SourceId =>
    server.engine.createSource({ transport: of, kind: 'video', encodings: [{ ssrc, rtxSsrc: ssrc + 1 }] })
  const first = transport(one)
  const id = source(first, 7000)
  assert.throws(() => source(transport(one), 7000), { reason: 'ssrc-in-use' })
  assert.throws(() => source(transport(one), 7001), { reason: 'ssrc-in-use' })
  source(transport(two), 7000)
  server.engine.closeSource(id)
  source(transport(one), 7000)
})

test('bad arguments are refused with what is wrong', async () => {
  await using server = new Side()
  const { engine } = server
  const room = engine.createRoom()
  const { id } = engine.createTransport({ room, iceRole: 'controlling' })
  const remote = {
    iceUfrag: 'abcd',
    icePwd: 'abcdefghijklmnopqrstuv',
    fingerprints: [{ hash: 'sha-256', value: engine.fingerprint }],
    setup: 'active',
  } as const
  const bad = (call: () => unknown, message: RegExp) =>
    assert.throws(call, (error: Error & { reason?: string }) => {
      assert.equal(error.reason, 'bad-argument')
      assert.match(error.message, message)
      return true
    })
  bad(() => engine.connectTransport(id, { ...remote, iceUfrag: 'a' }), /ufrag/)
  bad(() => engine.connectTransport(id, { ...remote, icePwd: 'short' }), /password/)
  bad(() => engine.connectTransport(id, { ...remote, fingerprints: [] }), /fingerprint/)
  bad(() => engine.connectTransport(id, { ...remote, fingerprints: [{ hash: 'sha-256', value: 'AB:CD' }] }), /digest/)
  bad(() => engine.createSource({ transport: id, kind: 'audio', encodings: [] }), /encodings/)
  bad(() => engine.createSource({ transport: id, kind: 'audio', encodings: [{ ssrc: 0 }] }), /SSRC/)
  bad(() => engine.createSource({ transport: id, kind: 'audio', encodings: [{ ssrc: 5, rtxSsrc: 5 }] }), /twice/)
  bad(() => engine.setRtpParameters(id, { codecs: [], audioLevelExtensionId: 15 }), /extension/)
  bad(() => createEngine({ port: 70000, onEvents: () => {} }), /port/)
  bad(() => createEngine({ port: 0, bindAddress: 'nowhere', onEvents: () => {} }), /address/)
})

test('an ICE restart keeps the DTLS association and the media', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const peer = await addConnectedPeer(server, clients, room)
  const { source } = startSender(server, clients, peer, audio)
  const receiver = await addConnectedPeer(server, clients, room)
  const sink = startSink(clients, receiver, [audio])
  server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
  await until(() => sink.stats().packets > 5, 'sound')
  server.engine.connectTransport(peer.server, {
    iceUfrag: 'newufrag',
    icePwd: 'newpasswordnewpassword',
    fingerprints: [{ hash: 'sha-256', value: clients.engine.fingerprint }],
    setup: 'active',
  })
  const before = sink.stats().packets
  await until(() => sink.stats().packets > before + 10, 'sound goes on')
})

test('the JavaScript thread blocked for 200 ms does not hold up packets', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const receiver = await addConnectedPeer(server, clients, room)
  const { source } = startSender(server, clients, sender, { ...audio, packetsPerSecond: 1000 })
  createLoadSink(clients.engine, receiver.client)
  const sink = startSink(clients, receiver, [audio])
  server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
  await until(() => sink.stats().packets > 100, 'packets')
  sink.stats({ reset: true })
  const end = performance.now() + 200
  while (performance.now() < end) {
    // Both engines' JavaScript threads are this one.
  }
  const { packets, missing, latency } = sink.stats()
  assert.ok(packets >= 150, `${packets} packets while JavaScript was blocked`)
  assert.equal(missing, 0)
  // A packet that had to wait for JavaScript would be late by up to 200 ms; the machine's own hiccups stay far below.
  assert.ok(latency.quantileUs(0.9) < 20_000, `p90 ${latency.quantileUs(0.9)} µs`)
})

test('a throwing listener is warned about and stops nothing', async () => {
  const engine = createEngine({
    port: 0,
    onEvents: () => {
      throw new Error('listener')
    },
  })
  const room = engine.createRoom()
  const transport = engine.createTransport({ room, iceRole: 'controlling' })
  const warned = once(process, 'warning')
  engine.connectTransport(transport.id, {
    iceUfrag: 'abcd',
    icePwd: 'abcdefghijklmnopqrstuv',
    fingerprints: [{ hash: 'sha-256', value: engine.fingerprint }],
    setup: 'active',
  })
  const [warning] = (await warned) as [Error]
  assert.match(warning.message, /listener/)
  assert.ok(engine.stats().transports.length === 1)
  await engine.close()
})

test('a process that ends without closing its engine ends cleanly', () => {
  const program = `
    import { createEngine } from ${JSON.stringify(fileURLToPath(new URL('../src/index.ts', import.meta.url)))}
    const engine = createEngine({ port: 0, onEvents: () => {} })
    engine.createRoom()
    setTimeout(() => process.exit(7), 50)
  `
  const run = spawnSync(process.execPath, ['-C', 'source', '--import', 'tsx', '--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  assert.equal(run.status, 7, run.stderr)
  assert.equal(run.signal, null)
})

test('a datagram of no length is not an end of anything', async () => {
  await using server = new Side()
  const socket = createSocket('udp4')
  socket.send(Buffer.alloc(0), server.engine.port, '127.0.0.1')
  await until(() => server.engine.stats().packetsReceived === 1, 'the empty datagram')
  assert.equal(server.engine.stats().drops['unknown-protocol'], 1)
  socket.close()
})
