import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Meeting, cameraAndMicrophone } from './meeting.ts'

test('who leaves takes its transport, sources and channel along', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  b.take('ForwardedSources')
  await a.leave()
  await a.leave()
  meeting.settle()
  assert.deepEqual(a.closed, { code: 1001, reason: 'endpoint closed' })
  assert.equal(meeting.engine.transports.has(a.transport), false)
  assert.equal(meeting.engine.sources.size, 2)
  assert.deepEqual(b.forwarded, [])
  assert.deepEqual(b.take('ForwardedSources'), [{ colibriClass: 'ForwardedSources', forwardedSources: [] }])
  assert.equal((await a.tryUpdate({ sources: cameraAndMicrophone('aaaa', 1) })).kind, 'refused')
  a.say({ colibriClass: 'EndpointMessage', to: '', msgPayload: {} })
  assert.deepEqual(b.take('EndpointMessage'), [])
})

test('a conference ends 60 s after its last endpoint has left', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  meeting.timers.advance(600_000)
  assert.equal(meeting.engine.rooms.size, 1, 'not while somebody is there')
  await a.leave()
  meeting.timers.advance(59_000)
  const b = await meeting.join('bbbb')
  assert.deepEqual(b.created.bridgeSources, a.created.bridgeSources, 'who comes back in time finds the same conference')
  meeting.timers.advance(59_000)
  await b.leave()
  meeting.timers.advance(59_999)
  assert.deepEqual(meeting.events, [])
  meeting.timers.advance(1)
  assert.deepEqual(meeting.events, [{ type: 'conference-expired', conferenceId: 'room1' }])
  assert.equal(meeting.engine.rooms.size, 0)
  assert.equal(meeting.timers.pending, 0)
})

test('the focus expires a conference without being told of it', async () => {
  const meeting = new Meeting()
  await meeting.call('aaaa', 4_000_000_100)
  await meeting.bridge.port.expireConference({ conferenceId: 'room1' })
  assert.deepEqual(meeting.events, [])
  assert.equal(meeting.engine.rooms.size, 0)
  meeting.timers.advance(120_000)
  assert.equal(meeting.timers.pending, 0)
})

test('closing ends every conference and channel once, and refuses what follows', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100, 'room1')
  const b = await meeting.call('bbbb', 4_000_000_200, 'room2')
  await Promise.all([meeting.bridge.close(), meeting.bridge.close()])
  await meeting.bridge.close()
  assert.deepEqual([a.closed?.code, b.closed?.code], [1001, 1001])
  assert.deepEqual(
    meeting.events,
    ['room1', 'room2'].map((conferenceId) => ({ type: 'conference-expired', conferenceId })),
  )
  assert.equal(meeting.engine.rooms.size, 0)
  assert.equal(meeting.timers.pending, 0)
  assert.deepEqual(await a.tryUpdate({}), { kind: 'refused', reason: 'closed', message: 'the bridge is closing' })
  assert.equal(meeting.bridge.authorizeChannel(a.url.path, a.url.query).kind, 'refused')
  meeting.bridge.onEngineEvents([{ type: 'transport-state', transport: a.transport, state: 'failed' }])
  assert.equal(meeting.events.length, 2)
})

test('channels are closed even when the engine went first', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100, 'room1')
  const b = await meeting.call('bbbb', 4_000_000_200, 'room2')
  await meeting.engine.close()
  meeting.timers.advance(2000)
  assert.ok(meeting.logged.some((line) => line.message === 'engine statistics not available'))
  await meeting.bridge.close()
  assert.deepEqual([a.closed?.code, b.closed?.code], [1001, 1001])
  assert.equal(meeting.events.length, 2)
})

test('a socket that ends by itself is not closed again', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  a.socket?.onClose()
  a.socket?.onClose()
  assert.equal(meeting.bridge.stats().channels, 0)
  await a.leave()
  assert.equal(a.closed, undefined)
})
