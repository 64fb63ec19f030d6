import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addConnectedPeer, addPeer, Side } from './support/peers.ts'

test('ICE and DTLS connect with either side as DTLS client', async () => {
  for (const serverStarts of [false, true]) {
    await using server = new Side()
    await using clients = new Side()
    const started = performance.now()
    const peer = await addConnectedPeer(server, clients, server.engine.createRoom(), { serverStarts })
    assert.ok(performance.now() - started < 2000, 'takes a few round trips, not timeouts')
    assert.match(server.stateOf(peer.server)?.remoteAddress ?? '', /^127\.0\.0\.1:\d+$/)
    const [transport] = server.engine.stats().transports
    assert.equal(transport?.state, 'connected')
    assert.equal(transport?.srtpProfile, 'AEAD_AES_128_GCM')
  }
})

test('the server prefers AEAD_AES_128_GCM and takes AES_CM_128_HMAC_SHA1_80', async () => {
  await using server = new Side()
  for (const profile of ['AES_CM_128_HMAC_SHA1_80', 'AEAD_AES_128_GCM'] as const) {
    const order = [profile, 'AES_CM_128_HMAC_SHA1_80'] as const
    await using clients = new Side({
      srtpProfiles: profile === 'AEAD_AES_128_GCM' ? ['AES_CM_128_HMAC_SHA1_80', profile] : [order[0]],
    })
    const peer = await addConnectedPeer(server, clients, server.engine.createRoom())
    const stats = server.engine.stats().transports.find((entry) => entry.transport === peer.server)
    assert.equal(stats?.srtpProfile, profile)
  }
})

test('a wrong fingerprint fails the handshake on both sides', async () => {
  await using server = new Side()
  await using clients = new Side()
  const wrong = Array.from({ length: 32 }, () => 'AB').join(':')
  const peer = addPeer(server, clients, server.engine.createRoom(), { clientFingerprint: wrong })
  assert.equal(await server.reaches(peer.server, 'failed'), 'dtls-fingerprint')
  assert.equal(await clients.reaches(peer.client, 'failed'), 'dtls-alert')
})

test('a closed transport tells its peer', async () => {
  await using server = new Side()
  await using clients = new Side()
  const peer = await addConnectedPeer(server, clients, server.engine.createRoom())
  server.engine.closeTransport(peer.server)
  await clients.reaches(peer.client, 'closed')
})

test('a handshake that nobody begins fails within its time', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const atServer = server.engine.createTransport({ room, iceRole: 'controlling' })
  const atClient = clients.engine.createTransport({
    room: clients.engine.createRoom(),
    iceRole: 'controlled',
    remoteCandidates: [{ ip: '127.0.0.1', port: server.engine.port }],
  })
  // Each is told that the other one is the DTLS client.
  const remote = (transport: typeof atServer, side: Side) =>
    ({
      iceUfrag: transport.iceUfrag,
      icePwd: transport.icePwd,
      fingerprints: [{ hash: 'sha-256', value: side.engine.fingerprint }],
      setup: 'active',
    }) as const
  clients.engine.connectTransport(atClient.id, remote(atServer, server))
  server.engine.connectTransport(atServer.id, remote(atClient, clients))
  assert.equal(await server.reaches(atServer.id, 'failed', 20_000), 'dtls-timeout')
})

test('a peer that insists on AEAD_AES_256_GCM gets it', async () => {
  await using server = new Side()
  await using clients = new Side({ srtpProfiles: ['AEAD_AES_256_GCM'] })
  await addConnectedPeer(server, clients, server.engine.createRoom())
  assert.equal(server.engine.stats().transports[0]?.srtpProfile, 'AEAD_AES_256_GCM')
})
