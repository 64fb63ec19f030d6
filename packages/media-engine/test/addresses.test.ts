import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { startSender, startSink, video } from './support/media.ts'
import { addConnectedPeer, Side, until } from './support/peers.ts'

const linkLocal = Object.entries(networkInterfaces())
  .flatMap(([name, list]) => (list ?? []).map(({ address }) => ({ name, address })))
  .find(({ address }) => address.startsWith('fe80:'))

const wildcards = [
  ['an IPv6 socket for both families', undefined, ['127.0.0.1', '127.0.0.2', '::1']],
  ['an IPv4 socket', '0.0.0.0', ['127.0.0.1', '127.0.0.2']],
] as const

for (const [name, bindAddress, addresses] of wildcards) {
  test(`whoever asks one of several addresses hears from that one: ${name}`, async () => {
    await using server = new Side({ ...(bindAddress !== undefined && { bindAddress }), threads: 2 })
    await using clients = new Side()
    const room = server.engine.createRoom()
    const peers = []
    for (const ip of addresses) peers.push(await addConnectedPeer(server, clients, room, { ip }))
    const [sender, ...receivers] = peers
    assert.ok(sender !== undefined)
    const { source } = startSender(server, clients, sender, video)
    const sinks = receivers.map((receiver) => startSink(clients, receiver, [video]))
    for (const { server: id } of receivers) server.engine.setForwarding(id, [{ source, maxEncoding: 0 }])
    await until(() => sinks.every((sink) => sink.stats().packets > 100), 'media at every address')
    assert.ok((server.engine.stats().segmentedPackets ?? 0) > 0, 'runs of packets leave from the right address too')
    for (const sink of sinks) assert.equal(sink.stats().missing, 0)
  })
}

test('an IPv6 link-local address works with its interface', { skip: linkLocal === undefined }, async () => {
  await using server = new Side()
  await using clients = new Side()
  const ip = `${linkLocal?.address}%${linkLocal?.name}`
  const peer = await addConnectedPeer(server, clients, server.engine.createRoom(), { ip })
  assert.match(server.stateOf(peer.server)?.remoteAddress ?? '', /^\[fe80:/)
})
