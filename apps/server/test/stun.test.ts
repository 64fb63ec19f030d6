/** What STUN servers say of the media port is offered, and that they say nothing delays nobody. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { eventually } from './support/eventually.ts'
import { startTestServer } from './support/test-server.ts'

/** Answers with MAPPED-ADDRESS 203.0.113.9:40000 (RFC 8489 §14.1). */
async function startStunServer(answers: boolean): Promise<{ port: number; asked: () => number; close(): void }> {
  const socket = createSocket('udp4')
  let asked = 0
  socket.on('message', (request, { port, address }) => {
    asked++
    const attribute = Buffer.from([0, 1, 0, 8, 0, 1, 40000 >> 8, 40000 & 255, 203, 0, 113, 9])
    const header = Buffer.concat([Buffer.from([1, 1, 0, attribute.length]), request.subarray(4, 20)])
    if (answers) socket.send(Buffer.concat([header, attribute]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { port: socket.address().port, asked: () => asked, close: () => socket.close() }
}

test('a learned address is offered beside the given one', { timeout: 30_000 }, async () => {
  const stun = await startStunServer(true)
  const server = await startTestServer({ JVB_STUN_SERVERS: `localhost:${stun.port}` })
  try {
    const own = { ip: '127.0.0.1', port: server.mediaPort }
    const offered = await eventually(
      'the learned address',
      async () => server.offered(),
      (addresses) => addresses.length === 2,
    )
    assert.deepEqual(offered[0], own)
    assert.deepEqual({ ip: offered[1]?.ip, port: offered[1]?.port }, { ip: '203.0.113.9', port: 40000 })
  } finally {
    await server.close()
    stun.close()
  }
})

test('JVB_DISABLE_STUN asks nobody; a silent server is no reason to wait', { timeout: 30_000 }, async () => {
  const stun = await startStunServer(false)
  const servers = { JVB_STUN_SERVERS: `127.0.0.1:${stun.port}`, LOG_LEVEL: 'error' }
  const started = performance.now()
  const asking = await startTestServer(servers)
  const tookMs = performance.now() - started
  try {
    assert.ok(tookMs < 5000, `${tookMs} ms`)
    await eventually(
      'a question',
      async () => stun.asked(),
      (count) => count > 0,
    )
    assert.equal(asking.offered().length, 1)
  } finally {
    await asking.close()
  }
  const before = stun.asked()
  const quiet = await startTestServer({ ...servers, JVB_DISABLE_STUN: '1' })
  await new Promise((resolve) => setTimeout(resolve, 300))
  assert.equal(stun.asked(), before)
  await quiet.close()
  stun.close()
})
