import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import {
  createLoadSender,
  createLoadSink,
  generateSrtpKey,
  type LoadSink,
  type SrtpKeyPair,
  type SrtpProfileName,
  type TransportId,
} from '../src/index.ts'
import { audio, startSender, startSink, video } from './support/media.ts'
import { addConnectedPeer, rtpParameters, Side, sleep, until } from './support/peers.ts'

const profiles = ['AEAD_AES_128_GCM', 'AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_256_GCM'] as const

/** A plain transport at the server, which learns its peer, and its counterpart at the clients. */
function addPlainPeer(server: Side, clients: Side, room = server.engine.createRoom(), profile?: SrtpProfileName) {
  const keys = profile && ([generateSrtpKey(profile), generateSrtpKey(profile)] as const)
  const srtp = (localKey: string, remoteKey: string): { srtp?: SrtpKeyPair } =>
    profile ? { srtp: { profile, localKey, remoteKey } } : {}
  const atServer = server.engine.createPlainTransport({
    room,
    comedia: true,
    bindAddress: '127.0.0.1',
    ...srtp(keys?.[0] ?? '', keys?.[1] ?? ''),
  })
  const atClient = clients.engine.createPlainTransport({
    room: clients.engine.createRoom(),
    remote: { ip: '127.0.0.1', port: atServer.port },
    bindAddress: '127.0.0.1',
    ...srtp(keys?.[1] ?? '', keys?.[0] ?? ''),
  })
  server.engine.setRtpParameters(atServer.id, rtpParameters)
  clients.engine.setRtpParameters(atClient.id, rtpParameters)
  return { server: atServer.id, client: atClient.id, serverPort: atServer.port, clientPort: atClient.port }
}

function statsOf(side: Side, transport: TransportId) {
  const stats = side.engine.stats().transports.find((entry) => entry.transport === transport)
  assert.ok(stats)
  return stats
}

for (const profile of [undefined, ...profiles]) {
  test(`media goes between plain and WebRTC transports, ${profile ?? 'without keys'}`, async () => {
    await using server = new Side({ threads: 2 })
    await using clients = new Side()
    const room = server.engine.createRoom()
    const browser = await addConnectedPeer(server, clients, room)
    const plain = addPlainPeer(server, clients, room, profile)
    assert.equal(await clients.reaches(plain.client, 'connected'), undefined)

    const voice = startSender(server, clients, { ...plain, clientRoom: room }, audio)
    await server.reaches(plain.server, 'connected')
    assert.equal(server.stateOf(plain.server)?.remoteAddress, `127.0.0.1:${plain.clientPort}`)
    const heard = startSink(clients, browser, [audio])
    server.engine.setForwarding(browser.server, [{ source: voice.source, maxEncoding: 0 }])

    const camera = startSender(server, clients, browser, video)
    clients.engine.createSource({ transport: plain.client, kind: 'video', encodings: [video] })
    // One in twenty is lost on its way to the plain peer, and comes again by RTX.
    const seen = createLoadSink(clients.engine, plain.client, { loseEvery: 20 })
    server.engine.setForwarding(plain.server, [{ source: camera.source, maxEncoding: 0 }])
    await until(() => heard.stats().packets > 40 && seen.stats().packets > 400, 'media both ways', 10_000)
    camera.sender.close()
    await settled(seen)
    const { lostOnPurpose, missing, discontinuities } = seen.stats()
    assert.ok(lostOnPurpose > 10)
    assert.deepEqual([missing, discontinuities, heard.stats().missing], [0, 0, 0])
    assert.ok(statsOf(server, plain.server).retransmitted >= lostOnPurpose)
    assert.equal(statsOf(server, plain.server).srtpProfile, profile ?? '')
    const levels = server.events.flatMap((event) => (event.type === 'audio-levels' ? [...event.levels] : []))
    assert.ok(levels.includes(voice.source), 'audio levels of the plain peer')
    server.engine.closeTransport(plain.server)
    await until(() => server.engine.stats().transports.length === 1, 'the transport to go')
  })
}

async function settled(sink: LoadSink): Promise<void> {
  let before = -1
  while (sink.stats().packets !== before) {
    before = sink.stats().packets
    await sleep(200)
  }
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

const rtp = Buffer.from('806f0001000000001122334441424344', 'hex')

test('with keys, only an authentic packet makes its sender the peer; nobody else is heard afterwards', async () => {
  await using server = new Side()
  await using clients = new Side()
  const plain = addPlainPeer(server, clients, undefined, 'AEAD_AES_128_GCM')
  const stranger = await openSocket()
  let answers = 0
  stranger.on('message', () => answers++)
  const send = () => stranger.send(rtp, plain.serverPort, '127.0.0.1')
  for (let i = 0; i < 20; i++) send()
  const drops = () => server.engine.stats().drops
  await until(() => (drops()['srtp-auth'] ?? 0) + (drops()['srtp-malformed'] ?? 0) >= 20, 'strangers to be refused')
  assert.equal(server.stateOf(plain.server), undefined)
  createLoadSender(clients.engine, plain.client, audio)
  await server.reaches(plain.server, 'connected')
  for (let i = 0; i < 20; i++) send()
  // No DTLS and no ICE either, whatever user name is asked for.
  stranger.send(Buffer.from('16fefd00000000000000000001ff', 'hex'), plain.serverPort, '127.0.0.1')
  stranger.send(Buffer.from('000100002112a442000000000000000000000000', 'hex'), plain.serverPort, '127.0.0.1')
  await until(() => (drops()['unknown-source-address'] ?? 0) >= 20, 'strangers to be ignored')
  await until(() => (drops()['stun-rejected'] ?? 0) + (drops()['malformed-stun'] ?? 0) >= 1, 'STUN to be refused')
  assert.equal(server.stateOf(plain.server)?.remoteAddress, `127.0.0.1:${plain.clientPort}`)
  assert.equal(answers, 0)
  stranger.close()
})

test('our own packets in and out, byte for byte RTP', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const phone = await openSocket()
  const { port } = phone.address()
  const received: Buffer[] = []
  phone.on('message', (packet) => received.push(packet))
  const line = server.engine.createPlainTransport({ room, remote: { ip: '127.0.0.1', port } })
  assert.equal(line.ip, undefined)
  server.engine.setRtpParameters(line.id, rtpParameters)
  const ssrc = rtp.readUInt32BE(8)
  const source = server.engine.createSource({ transport: line.id, kind: 'audio', encodings: [{ ssrc }] })
  const browser = await addConnectedPeer(server, clients, room)
  const sink = createLoadSink(clients.engine, browser.client)
  clients.engine.createSource({ transport: browser.client, kind: 'audio', encodings: [{ ssrc }] })
  server.engine.setForwarding(browser.server, [{ source, maxEncoding: 0 }])
  const voice = startSender(server, clients, browser, audio)
  server.engine.setForwarding(line.id, [{ source: voice.source, maxEncoding: 0 }])
  // Over a wrap of the sequence number.
  for (let i = 0; i < 50; i++) {
    const packet = Buffer.from(rtp)
    packet.writeUInt16BE((65_500 + i) % 65_536, 2)
    packet.writeUInt32BE(i * 960, 4)
    phone.send(packet, line.port, '127.0.0.1')
    await sleep(2)
  }
  await until(() => sink.stats().packets === 50, 'the phone to be heard')
  assert.equal(sink.stats().missing, 0)
  const voicePackets = () =>
    received.filter((packet) => ((packet[1] ?? 0) & 127) === 111 && packet.readUInt32BE(8) === audio.ssrc)
  await until(() => voicePackets().length > 20, 'the voice at the phone')
  for (const packet of voicePackets()) assert.equal(packet[0]! >> 6, 2)
  const numbers = voicePackets().map((packet) => packet.readUInt16BE(2))
  assert.ok(numbers.every((number, i) => i === 0 || number === (numbers[i - 1]! + 1) % 65_536))
  // Receiver reports come in clear, on the same port.
  await until(() => received.some((packet) => packet[1] === 201), 'a receiver report')
  phone.close()
})

test('ports come from the range that is given, and go back to it', async () => {
  await using server = new Side()
  const room = server.engine.createRoom()
  const probe = await openSocket()
  const min = probe.address().port
  probe.close()
  await once(probe, 'close')
  const options = { room, comedia: true, bindAddress: '127.0.0.1', ports: { min, max: min } }
  const first = server.engine.createPlainTransport(options)
  assert.deepEqual([first.port, first.ip], [min, '127.0.0.1'])
  assert.throws(() => server.engine.createPlainTransport(options), { reason: 'port-in-use' })
  server.engine.closeTransport(first.id)
  await until(() => server.engine.stats().transports.length === 0, 'the transport to go')
  assert.equal(server.engine.createPlainTransport(options).port, min)
})

test('mistakes are told: addresses, keys, ports, and ICE where there is none', async () => {
  await using server = new Side()
  const room = server.engine.createRoom()
  const create = (options: object) => server.engine.createPlainTransport({ room, ...options })
  const key = generateSrtpKey('AEAD_AES_128_GCM')
  const other = generateSrtpKey('AEAD_AES_128_GCM')
  const refused = { reason: 'bad-argument' }
  const bad: readonly object[] = [
    {},
    { comedia: true, remote: { ip: '127.0.0.1', port: 5 } },
    { remote: { ip: 'phone.example', port: 5 } },
    { remote: { ip: '127.0.0.1', port: 0 } },
    { comedia: true, ports: { min: 10, max: 9 } },
    { comedia: true, ports: { min: 0, max: 9 } },
    { comedia: true, bindAddress: 'not-an-address' },
    { comedia: true, srtp: { profile: 'AEAD_AES_128_GCM', localKey: key, remoteKey: key } },
    { comedia: true, srtp: { profile: 'AEAD_AES_128_GCM', localKey: key, remoteKey: other.slice(4) } },
    { comedia: true, srtp: { profile: 'AEAD_AES_256_GCM', localKey: key, remoteKey: other } },
    { comedia: true, srtp: { profile: 'NULL', localKey: key, remoteKey: other } },
  ]
  for (const options of bad) assert.throws(() => create(options), refused, JSON.stringify(options))
  assert.doesNotMatch(String(captured(() => create(bad[8] ?? {}))), new RegExp(key.slice(0, 8)))
  const { id } = create({ comedia: true })
  assert.throws(() => server.engine.restartIce(id), refused)
  const value = Array.from({ length: 32 }, () => 'AB').join(':')
  const remote = { iceUfrag: 'abcd', icePwd: 'a-password-of-22-chars-x', fingerprints: [{ hash: 'sha-256', value }] }
  assert.throws(() => server.engine.connectTransport(id, { ...remote, setup: 'active' }), refused)
})

function captured(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error
  }
}
