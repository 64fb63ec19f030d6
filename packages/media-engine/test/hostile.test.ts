import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { createLoadSender } from '../src/index.ts'
import { audio, startSender, startSink } from './support/media.ts'
import { addConnectedPeer, addPeer, Side, sleep, until } from './support/peers.ts'

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** Random bytes that begin like each protocol on the port, in sizes from nothing to more than a packet. */
function garbage(): Buffer[] {
  const firsts = [0, 1, 2, 3, 19, 20, 22, 23, 63, 64, 79, 127, 128, 144, 191, 200, 255]
  const sizes = [0, 1, 2, 8, 12, 19, 20, 28, 100, 1200, 1500, 4000]
  return firsts.flatMap((first) =>
    sizes.map((size) => {
      const bytes = randomBytes(size)
      if (size > 0) bytes[0] = first
      // Some of the STUN look-alikes get its magic cookie and a fitting length.
      if (first < 4 && size >= 20) {
        bytes.writeUInt16BE(size - 20, 2)
        bytes.writeUInt32BE(0x2112a442, 4)
      }
      return bytes
    }),
  )
}

test('garbage on the port is counted, answered by nothing, and disturbs nobody', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const receiver = await addConnectedPeer(server, clients, room)
  const { source } = startSender(server, clients, sender, audio)
  const sink = startSink(clients, receiver, [audio])
  server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
  await until(() => sink.stats().packets > 5, 'sound')

  const socket = await openSocket()
  let answers = 0
  socket.on('message', () => answers++)
  let sent = 0
  for (let round = 0; round < 10; round++) {
    for (const bytes of garbage()) {
      socket.send(bytes, server.engine.port, '127.0.0.1')
      sent++
    }
    await sleep(5)
  }
  await sleep(100)
  const { drops } = server.engine.stats()
  const counted = Object.values(drops).reduce((sum, count) => sum + count, 0)
  assert.ok(counted >= sent * 0.99, `${counted} of ${sent} counted: ${JSON.stringify(drops)}`)
  assert.ok((drops['unknown-source-address'] ?? 0) > 0)
  assert.ok((drops['malformed-stun'] ?? 0) > 0)
  assert.ok((drops['too-long'] ?? 0) > 0)
  assert.equal(answers, 0)
  const before = sink.stats()
  await until(() => sink.stats().packets > before.packets + 10, 'sound goes on')
  assert.equal(sink.stats().missing, 0)
  socket.close()
})

test('a flood of useless STUN from one address is dropped before it is parsed', async () => {
  await using server = new Side()
  const socket = await openSocket()
  const request = Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(12)])
  for (let i = 0; i < 3000; i++) {
    socket.send(request, server.engine.port, '127.0.0.1')
    if (i % 200 === 0) await sleep(5)
  }
  await until(() => (server.engine.stats().drops['rate-limited'] ?? 0) > 500, 'the limit to bite')
  socket.close()
})

/** A binding request with USERNAME and a MESSAGE-INTEGRITY that is right under `password` (RFC 8489 §14.5). */
function check(username: string, password: string): Buffer {
  const value = Buffer.alloc(Math.ceil(username.length / 4) * 4)
  value.write(username)
  const attribute = Buffer.alloc(4)
  attribute.writeUInt16BE(0x0006, 0)
  attribute.writeUInt16BE(username.length, 2)
  const header = Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(12)])
  header.writeUInt16BE(attribute.length + value.length + 24, 2)
  const signed = Buffer.concat([header, attribute, value])
  const integrity = createHmac('sha1', password).update(signed).digest()
  return Buffer.concat([signed, Buffer.from('00080014', 'hex'), integrity])
}

test('junk STUN from the address of a participant does not keep them from joining', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const socket = await openSocket()
  const junk = Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(12)])
  const limited = () => server.engine.stats().drops['rate-limited'] ?? 0
  const flood = setInterval(() => {
    for (let i = 0; i < 20; i++) socket.send(junk, server.engine.port, '127.0.0.1')
  }, 5)
  try {
    await until(() => limited() > 200, 'the address to be limited')
    // Joins at once, as if nothing were going on: not after the many repetitions that would get through in the end.
    for (let i = 0; i < 3; i++) {
      const before = limited()
      const peer = addPeer(server, clients, room)
      await Promise.all([
        server.reaches(peer.server, 'connected', 1000),
        clients.reaches(peer.client, 'connected', 1000),
      ])
      await until(() => limited() > before, 'the flood to go on')
    }
  } finally {
    clearInterval(flood)
    socket.close()
  }
})

test('guesses at the password of one transport are limited there, and nobody else notices', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const known = server.engine.createTransport({ room, iceRole: 'controlling' })
  const socket = await openSocket()
  const guess = check(`${known.iceUfrag}:guess`, 'not-the-password-of-this-transport')
  for (let i = 0; i < 1000; i++) {
    socket.send(guess, server.engine.port, '127.0.0.1')
    if (i % 100 === 0) await sleep(2)
  }
  const drops = () => server.engine.stats().drops
  await until(() => (drops()['rate-limited'] ?? 0) > 500, 'the limit to bite')
  assert.ok((drops()['stun-rejected'] ?? 0) >= 200, 'checked up to the limit')
  const other = addPeer(server, clients, room)
  await Promise.all([server.reaches(other.server, 'connected', 1000), clients.reaches(other.client, 'connected', 1000)])
  // What is right is answered as soon as the guessing has ended.
  const answered = once(socket, 'message', { signal: AbortSignal.timeout(3000) })
  await sleep(100)
  socket.send(check(`${known.iceUfrag}:right`, known.icePwd), server.engine.port, '127.0.0.1')
  await answered
  socket.close()
})

test('each kind of junk is one drop, under its reason', async () => {
  await using server = new Side()
  const room = server.engine.createRoom()
  const known = server.engine.createTransport({ room, iceRole: 'controlling' })
  const socket = await openSocket()
  const stun = (type: string, length: string) =>
    Buffer.concat([Buffer.from(`${type}${length}2112a442`, 'hex'), Buffer.alloc(12, 9)])
  const starting = (hex: string) => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(40)])
  const junk: readonly (readonly [string, Buffer])[] = [
    ['unknown-protocol', Buffer.alloc(0)],
    ['unknown-protocol', starting('c8')],
    ['too-long', Buffer.alloc(4000)],
    ['malformed-stun', starting('000100140000')],
    ['unknown-ufrag', stun('0001', '0000')],
    ['unknown-ufrag', check('nobody:here', 'password')],
    ['unknown-transaction', stun('0101', '0000')],
    ['stun-rejected', check(`${known.iceUfrag}:guess`, 'not the password')],
    ['unknown-source-address', starting('16fefd')],
    ['unknown-source-address', starting('806f')],
    ['unknown-source-address', starting('80c8')],
  ]
  const drops = () => server.engine.stats().drops
  for (const [reason, bytes] of junk) {
    const before = drops()
    socket.send(bytes, server.engine.port, '127.0.0.1')
    await until(() => (drops()[reason] ?? 0) > (before[reason] ?? 0), `${bytes.toString('hex', 0, 8)} to be ${reason}`)
    assert.deepEqual(drops(), { ...before, [reason]: (before[reason] ?? 0) + 1 })
  }
  // Nothing of it is answered, so nothing is sent that could be lost.
  await sleep(50)
  const counted = Object.values(drops()).reduce((sum, count) => sum + count, 0)
  assert.equal(counted, junk.length)
  socket.close()
})

test('a connected peer that replays and tampers is not forwarded', async () => {
  await using server = new Side()
  await using clients = new Side()
  // The sender's packets pass through a socket of ours, which can send them again as they were, from the same address.
  const relay = await openSocket()
  const room = server.engine.createRoom()
  const clientRoom = clients.engine.createRoom()
  const atServer = server.engine.createTransport({ room, iceRole: 'controlling' })
  const atClient = clients.engine.createTransport({
    room: clientRoom,
    iceRole: 'controlled',
    remoteCandidates: [{ ip: '127.0.0.1', port: relay.address().port }],
  })
  let clientPort = 0
  const replayed: Buffer[] = []
  relay.on('message', (bytes, from) => {
    if (from.port === server.engine.port) {
      relay.send(bytes, clientPort, '127.0.0.1')
      return
    }
    clientPort = from.port
    relay.send(bytes, server.engine.port, '127.0.0.1')
    if ((bytes[0] ?? 0) >> 6 === 2 && (bytes[1] ?? 0) < 192) replayed.push(Buffer.from(bytes))
  })
  const { rtpParameters } = await import('./support/peers.ts')
  server.engine.setRtpParameters(atServer.id, rtpParameters)
  clients.engine.setRtpParameters(atClient.id, rtpParameters)
  const credentials = (transport: typeof atServer, side: Side) => ({
    iceUfrag: transport.iceUfrag,
    icePwd: transport.icePwd,
    fingerprints: [{ hash: 'sha-256', value: side.engine.fingerprint }],
  })
  clients.engine.connectTransport(atClient.id, { ...credentials(atServer, server), setup: 'passive' })
  server.engine.connectTransport(atServer.id, { ...credentials(atClient, clients), setup: 'active' })
  await server.reaches(atServer.id, 'connected')
  const receiver = await addConnectedPeer(server, clients, room)
  const { source } = startSender(server, clients, { server: atServer.id, client: atClient.id, clientRoom }, audio)
  const sink = startSink(clients, receiver, [audio])
  server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
  await until(() => replayed.length > 20 && sink.stats().packets > 10, 'sound')

  for (const bytes of replayed) relay.send(bytes, server.engine.port, '127.0.0.1')
  const count = replayed.length
  await until(() => (server.engine.stats().drops['srtp-replay'] ?? 0) >= count, 'replays to be dropped')
  const last = replayed.at(-1)
  assert.ok(last)
  // A later packet forged from an old one: authentication must fail before anything is remembered about it.
  const forged = Buffer.from(last)
  forged.writeUInt16BE((forged.readUInt16BE(2) + 1000) & 0xffff, 2)
  relay.send(forged, server.engine.port, '127.0.0.1')
  await until(() => (server.engine.stats().drops['srtp-auth'] ?? 0) === 1, 'the forgery to be dropped')
  const before = sink.stats().packets
  await until(() => sink.stats().packets > before + 10, 'sound goes on')
  assert.equal(sink.stats().missing, 0)
  relay.close()
})

test('DTLS from an address that no check has validated changes nothing', async () => {
  await using server = new Side()
  await using clients = new Side()
  const socket = await openSocket()
  const room = server.engine.createRoom()
  // A record that looks like a ClientHello, sent before, during and after the real handshake.
  const hello = Buffer.concat([Buffer.from('16fefd0000000000000000007801', 'hex'), randomBytes(119)])
  const flood = setInterval(() => socket.send(hello, server.engine.port, '127.0.0.1'), 1)
  for (let i = 0; i < 5; i++) await addConnectedPeer(server, clients, room)
  clearInterval(flood)
  assert.ok((server.engine.stats().drops['unknown-source-address'] ?? 0) > 0)
  socket.close()
})

test('a STUN indication from nobody does not pass for a sign of life', async () => {
  await using server = new Side()
  const room = server.engine.createRoom()
  const { id } = server.engine.createTransport({ room, iceRole: 'controlling' })
  const indication = Buffer.alloc(20)
  indication.writeUInt16BE(0x0011, 0)
  indication.writeUInt32BE(0x2112a442, 4)
  // Transaction ids that answer our checks begin with the transport's id, which is easy to guess.
  indication.writeUInt32BE(id, 8)
  const socket = await openSocket()
  socket.send(indication, server.engine.port, '127.0.0.1')
  await until(() => server.engine.stats().packetsReceived === 1, 'the indication')
  const { drops, transports } = server.engine.stats()
  assert.equal(transports[0]?.idleMs, -1)
  assert.equal(drops['stun-rejected'], 1)
  // Nor may its address begin a handshake.
  const hello = Buffer.from([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  socket.send(hello, server.engine.port, '127.0.0.1')
  await until(() => server.engine.stats().drops['unknown-source-address'] === 1, 'the hello to be dropped')
  socket.close()
})

test('a participant who goes through hundreds of SSRCs is still heard', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const received = () => server.engine.stats().transports[0]?.packetsReceived ?? 0
  for (let batch = 0; batch < 6; batch++) {
    const before = received()
    const loads = Array.from({ length: 60 }, (_, i) =>
      createLoadSender(clients.engine, sender.client, { ...audio, ssrc: 5000 + batch * 100 + i }),
    )
    await until(() => received() >= before + 60, `batch ${batch}`)
    for (const load of loads) load.close()
  }
  const before = received()
  startSender(server, clients, sender, audio)
  await until(() => received() > before + 10, 'the microphone')
  assert.equal(server.engine.stats().drops['srtp-malformed'], undefined)
})
