import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { LocalTransport, TransportId } from '../src/index.ts'
import { type Bridge, frame, FramedSocket, openBridge } from './support/framed.ts'
import { startSender, startSink, video } from './support/media.ts'
import { addConnectedPeer, addPeer, Side, sleep, until } from './support/peers.ts'
import { bindingRequest, bindingSuccess, isRequest, isSuccess } from './support/stun.ts'

const clientSide = { iceUfrag: 'tcpu', icePwd: 'password-of-the-tcp-client' }

/** A server's transport whose peer is a raw socket; the server is the DTLS client, so that it speaks first. */
function expectRawPeer(server: Side): LocalTransport {
  const transport = server.engine.createTransport({ room: server.engine.createRoom(), iceRole: 'controlling' })
  const value = Array.from({ length: 32 }, () => 'AB').join(':')
  server.engine.connectTransport(transport.id, {
    ...clientSide,
    fingerprints: [{ hash: 'sha-256', value }],
    setup: 'passive',
  })
  return transport
}

function checkFor(transport: LocalTransport, password = transport.icePwd): Buffer {
  return bindingRequest({ username: `${transport.iceUfrag}:${clientSide.iceUfrag}`, password })
}

function portOf(server: Side): number {
  assert.ok(server.engine.tcpPort !== undefined && server.engine.tcpPort > 0)
  return server.engine.tcpPort
}

test('a TCP connection carries checks both ways and DTLS, in frames that come in pieces', async () => {
  // Several threads: the connection comes to the first and belongs to the one of its room.
  await using server = new Side({ tcpPort: 0, threads: 3 })
  for (let i = 0; i < 4; i++) {
    const transport = expectRawPeer(server)
    const client = await FramedSocket.open(portOf(server))
    for (const byte of frame(checkFor(transport))) client.socket.write(Uint8Array.of(byte))
    await client.next('an answer to the check', isSuccess)
    const request = await client.next("the server's own check", isRequest)
    client.send(bindingSuccess(request, clientSide.icePwd))
    await client.next('a DTLS record', (packet) => packet[0] === 22)
    const stats = server.engine.stats().transports.find((entry) => entry.transport === transport.id)
    assert.equal(stats?.overTcp, true)
    client.socket.destroy()
    await server.reaches(transport.id, 'disconnected')
  }
})

test('strangers on the TCP port get no answer and no place', async () => {
  await using server = new Side({ tcpPort: 0 })
  await using clients = new Side()
  const peer = await addConnectedPeer(server, clients, server.engine.createRoom())
  const transport = expectRawPeer(server)
  const port = portOf(server)
  const silent = await FramedSocket.open(port)
  const since = performance.now()
  const garbage: readonly Buffer[] = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('16030100c8010000c403', 'hex'),
    Buffer.from('ffff', 'hex'),
    frame(randomBytes(100)),
    frame(Buffer.from([128, 100, ...randomBytes(30)])),
    frame(Buffer.from([22, 254, 253, ...randomBytes(30)])),
    frame(Buffer.from('000100002112a442000000000000000000000000', 'hex')),
    frame(bindingRequest({ username: 'Aabc:nobody', password: transport.icePwd })),
    frame(bindingRequest({ username: `/abc:nobody`, password: transport.icePwd })),
    frame(checkFor(transport, 'not-the-password-of-this-transport')),
    frame(bindingSuccess(checkFor(transport), transport.icePwd)),
  ]
  for (const bytes of garbage) {
    const socket = await FramedSocket.open(port)
    socket.socket.write(bytes)
    await socket.closes()
    assert.deepEqual(socket.frames, [])
  }
  const { drops } = server.engine.stats()
  assert.ok((drops['tcp-rejected'] ?? 0) >= 6, JSON.stringify(drops))
  assert.ok((drops['tcp-broken'] ?? 0) >= 2, JSON.stringify(drops))
  await silent.closes(7000)
  assert.ok(performance.now() - since > 4500, 'who connects has five seconds to say for whom')
  assert.equal(server.stateOf(peer.server)?.state, 'connected')
})

test('one address cannot hold the port by silence: who says something at once gets in', async () => {
  await using server = new Side({ tcpPort: 0 })
  const silent: FramedSocket[] = []
  for (let i = 0; i < 40; i++) silent.push(await FramedSocket.open(portOf(server)))
  await until(() => silent.filter(({ isClosed }) => isClosed).length === 8, 'the oldest to be closed')
  const transport = expectRawPeer(server)
  const client = await FramedSocket.open(portOf(server))
  client.send(checkFor(transport))
  await client.next('an answer', isSuccess)
  for (const { socket } of [...silent, client]) socket.destroy()
})

test('a connection that was good may send garbage: it is counted, and a broken frame ends it', async () => {
  await using server = new Side({ tcpPort: 0 })
  const transport = expectRawPeer(server)
  const client = await FramedSocket.open(portOf(server))
  client.send(checkFor(transport))
  client.send(bindingSuccess(await client.next('a check', isRequest), clientSide.icePwd))
  await client.next('DTLS', (packet) => packet[0] === 22)
  for (let i = 0; i < 200; i++) client.send(Buffer.concat([Buffer.from([i]), randomBytes(i * 5)]))
  const counted = () => Object.values(server.engine.stats().drops).reduce((sum, count) => sum + count, 0)
  await until(() => counted() > 100, 'garbage to be counted')
  assert.equal(client.isClosed, false)
  client.socket.write(Buffer.from([0xff, 0xff]))
  await client.closes()
  assert.equal(server.engine.stats().drops['tcp-broken'], 1)
})

async function addTcpReceiver(server: Side, clients: Side): Promise<Call> {
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const bridge = await openBridge(portOf(server))
  const receiver = addPeer(server, clients, room, { port: bridge.port })
  await Promise.all([server.reaches(receiver.server, 'connected'), clients.reaches(receiver.client, 'connected')])
  const { source } = startSender(server, clients, sender, video)
  const sink = startSink(clients, receiver, [video])
  server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
  await until(() => sink.stats().packets > 100, 'video over TCP')
  return { bridge, sink, transport: receiver.server }
}

interface Call {
  readonly bridge: Bridge
  readonly sink: ReturnType<typeof startSink>
  readonly transport: TransportId
}

test('a call over TCP: nothing is lost, and a new connection goes on where the old one ended', async () => {
  await using server = new Side({ tcpPort: 0, threads: 2 })
  await using clients = new Side()
  const { bridge, sink, transport } = await addTcpReceiver(server, clients)
  await sleep(1000)
  const { missing, discontinuities, packets } = sink.stats()
  assert.deepEqual([missing, discontinuities], [0, 0])
  assert.ok(packets > 250)
  const stats = () => server.engine.stats().transports.find((entry) => entry.transport === transport)
  assert.equal(stats()?.overTcp, true)

  bridge.cut()
  await server.reaches(transport, 'disconnected')
  await server.reaches(transport, 'connected', 10_000)
  const before = sink.stats().packets
  await until(() => sink.stats().packets > before + 100, 'video to go on')
  assert.equal(stats()?.overTcp, true)
  assert.equal(bridge.torn(), 0)
  bridge.close()
})

test('a stalled connection costs its own packets only, and goes on when it can', async () => {
  await using server = new Side({ tcpPort: 0 })
  await using clients = new Side()
  const { bridge, sink, transport } = await addTcpReceiver(server, clients)
  const other = await addTcpReceiver(server, clients)
  bridge.pause()
  const backlogged = () => server.engine.stats().drops['tcp-backlog'] ?? 0
  await until(() => backlogged() > 100, 'media for the stalled connection to be dropped', 20_000)
  other.sink.stats({ reset: true })
  await sleep(500)
  assert.equal(other.sink.stats().missing, 0)
  assert.ok(other.sink.stats().latency.quantileUs(0.99) < 200_000)
  bridge.resume()
  await server.reaches(transport, 'connected', 10_000)
  await sleep(500)
  const dropped = backlogged()
  const before = sink.stats().packets
  await until(() => sink.stats().packets > before + 200, 'video to go on')
  assert.equal(backlogged(), dropped)
  assert.equal(bridge.torn(), 0)
  // What waits when the connection ends is lost with it.
  bridge.pause()
  await until(() => backlogged() > dropped, 'the backlog to be full again', 20_000)
  assert.equal(server.engine.stats().drops['tcp-closed'], undefined)
  server.engine.closeTransport(transport)
  await until(() => (server.engine.stats().drops['tcp-closed'] ?? 0) > 10, 'the backlog to be counted')
  bridge.close()
  other.bridge.close()
})

test('a TCP port in use is refused by name', async () => {
  await using server = new Side({ tcpPort: 0 })
  const tcpPort = portOf(server)
  assert.throws(() => new Side({ tcpPort }), {
    reason: 'port-in-use',
    message: `TCP port ${tcpPort} is in use`,
  })
  await using without = new Side()
  assert.equal(without.engine.tcpPort, undefined)
})
