import assert from 'node:assert/strict'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import type { RemoteTransport } from '../src/index.ts'
import { audio, startSender, startSink } from './support/media.ts'
import { addConnectedPeer, rtpParameters, Side, sleep, until } from './support/peers.ts'

function remoteOf(side: Side, credentials: { iceUfrag: string; icePwd: string }, setup: RemoteTransport['setup']) {
  return { ...credentials, fingerprints: [{ hash: 'sha-256', value: side.engine.fingerprint }], setup }
}

/** Gaps of up to this long are the machine's. */
const hiccupMs = 400

async function assertFlows(sink: { stats(): { packets: number; missing: number } }, forMs: number): Promise<void> {
  const end = performance.now() + forMs
  let seen = sink.stats().packets
  let since = performance.now()
  while (performance.now() < end) {
    await sleep(20)
    const { packets } = sink.stats()
    if (packets !== seen) since = performance.now()
    seen = packets
    assert.ok(performance.now() - since < hiccupMs, 'media stopped')
  }
}

for (const threads of [1, 2]) {
  test(`ICE restarts on both sides while media flows, ${threads} media thread(s)`, async () => {
    await using server = new Side({ threads })
    await using clients = new Side()
    server.engine.createRoom()
    const room = server.engine.createRoom()
    const sender = await addConnectedPeer(server, clients, room)
    const receiver = await addConnectedPeer(server, clients, room)
    const { source } = startSender(server, clients, sender, audio)
    const sink = startSink(clients, receiver, [audio])
    server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
    await until(() => sink.stats().packets > 5, 'sound')

    for (let round = 0; round < 5; round++) {
      const atServer = server.engine.restartIce(sender.server)
      assert.equal(atServer.id, sender.server)
      // The peer takes its time; nothing stops meanwhile.
      await assertFlows(sink, 100)
      const atClient = clients.engine.restartIce(sender.client)
      clients.engine.connectTransport(sender.client, remoteOf(server, atServer, 'passive'))
      server.engine.connectTransport(sender.server, remoteOf(clients, atClient, 'active'))
      await assertFlows(sink, 200)
    }
    await assertFlows(sink, 1000)
    assert.equal(sink.stats().missing, 0)
    const states = server.events.flatMap((event) =>
      event.type === 'transport-state' && event.transport === sender.server ? [event.state] : [],
    )
    assert.deepEqual(states, ['connecting', 'connected'], 'nobody is told of an interruption')
  })
}

/** A box on the way that can change the address under which it forwards, as a network change does. */
class Relay implements AsyncDisposable {
  readonly #inside = createSocket('udp4')
  #outside: Socket
  readonly #server: number
  #client = 0

  constructor(server: number) {
    this.#server = server
    this.#outside = this.#open()
    this.#inside.on('message', (data, { port }) => {
      this.#client = port
      this.#outside.send(data, this.#server, '127.0.0.1')
    })
  }

  async listen(): Promise<number> {
    this.#inside.bind(0, '127.0.0.1')
    await once(this.#inside, 'listening')
    return this.#inside.address().port
  }

  move(): void {
    this.#outside.close()
    this.#outside = this.#open()
  }

  #open(): Socket {
    const socket = createSocket('udp4')
    socket.on('message', (data) => this.#inside.send(data, this.#client, '127.0.0.1'))
    return socket
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#inside.close()
    this.#outside.close()
  }
}

test('a peer whose address changes is followed at once when it restarts ICE, with the same DTLS association', async () => {
  await using server = new Side({ threads: 2 })
  await using clients = new Side()
  const room = server.engine.createRoom()
  const receiver = await addConnectedPeer(server, clients, room)
  await using relay = new Relay(server.engine.port)
  const port = await relay.listen()

  const atServer = server.engine.createTransport({ room, iceRole: 'controlling' })
  const atClient = clients.engine.createTransport({
    room: clients.engine.createRoom(),
    iceRole: 'controlled',
    remoteCandidates: [{ ip: '127.0.0.1', port }],
  })
  server.engine.setRtpParameters(atServer.id, rtpParameters)
  clients.engine.setRtpParameters(atClient.id, rtpParameters)
  clients.engine.connectTransport(atClient.id, remoteOf(server, atServer, 'passive'))
  server.engine.connectTransport(atServer.id, remoteOf(clients, atClient, 'active'))
  await server.reaches(atServer.id, 'connected')
  const peer = { server: atServer.id, client: atClient.id, clientRoom: 0 as never }
  const { source } = startSender(server, clients, peer, audio)
  const sink = startSink(clients, receiver, [audio])
  server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
  await until(() => sink.stats().packets > 5, 'sound')

  relay.move()
  await sleep(200)
  const lost = sink.stats().packets
  const moved = performance.now()
  const again = server.engine.restartIce(atServer.id)
  const mine = clients.engine.restartIce(atClient.id)
  clients.engine.connectTransport(atClient.id, remoteOf(server, again, 'passive'))
  server.engine.connectTransport(atServer.id, remoteOf(clients, mine, 'active'))
  await until(() => sink.stats().packets > lost + 10, 'sound from the new address')
  assert.ok(performance.now() - moved < 1500, `took ${performance.now() - moved} ms`)
  await assertFlows(sink, 500)
})
