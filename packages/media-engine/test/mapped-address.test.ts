import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EngineEvent } from '../src/index.ts'
import { addConnectedPeer, Side, until } from './support/peers.ts'
import { startStunServer } from './support/stun-server.ts'

function told(side: Side): Extract<EngineEvent, { type: 'mapped-address' }>[] {
  return side.events.flatMap((event) => (event.type === 'mapped-address' ? [event] : []))
}

test('a STUN server is asked from the media port, whichever thread gets the answer, and again when it is silent', async () => {
  await using side = new Side({ threads: 4 })
  for (let i = 0; i < 8; i++) {
    const server = await startStunServer({ ip: '203.0.113.7', port: 40000 + i }, i === 7 ? 1 : 0)
    side.engine.askStunServer({ ip: '127.0.0.1', port: server.port })
    await until(() => told(side).length === i + 1, 'the mapped address')
    assert.deepEqual(told(side)[i], {
      type: 'mapped-address',
      server: `127.0.0.1:${server.port}`,
      address: `203.0.113.7:${40000 + i}`,
    })
    assert.ok(server.requests.every(({ port }) => port === side.engine.port))
    assert.equal(server.requests.length, i === 7 ? 2 : 1)
    server.close()
  }
})

test('calls go on beside it; too many servers are told apart at once', async () => {
  await using side = new Side()
  await using clients = new Side()
  const silent = await startStunServer()
  const ports = Array.from({ length: 17 }, (_, i) => ({ ip: '127.0.0.1', port: i === 0 ? silent.port : 1 + i }))
  for (const server of ports) side.engine.askStunServer(server)
  await until(() => told(side).length === 1, 'the server beyond the bound')
  assert.deepEqual(told(side)[0], { type: 'mapped-address', server: '127.0.0.1:17' })
  await addConnectedPeer(side, clients, side.engine.createRoom())
  silent.close()
  assert.throws(() => side.engine.askStunServer({ ip: 'stun.example', port: 1 }), { reason: 'bad-argument' })
})
