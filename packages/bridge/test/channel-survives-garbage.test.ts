import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Meeting } from './meeting.ts'

const garbage = [
  '',
  'hello',
  '{',
  'null',
  '[1,2]',
  '{"colibriClass":"NoSuchClass"}',
  '{"colibriClass":"ReceiverVideoConstraints","lastN":"all"}',
  '{"colibriClass":"EndpointMessage","to":"bbbb","msgPayload":"text"}',
  `{"colibriClass":"EndpointMessage","to":"","msgPayload":{"x":"${'y'.repeat(70_000)}"}}`,
  `${'['.repeat(60_000)}`,
]

test('garbage is refused, logged once, and costs neither the channel nor the state', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  const before = a.forwarded
  for (const text of garbage) a.socket?.onText(text)
  a.socket?.onBinary(5000)
  meeting.settle()
  assert.equal(a.closed, undefined)
  assert.deepEqual(a.forwarded, before)
  assert.deepEqual(b.take('EndpointMessage'), [])
  assert.equal(meeting.bridge.stats().messagesRefused, garbage.length + 1)
  const lines = () => meeting.logged.filter((line) => line.message === 'channel message refused')
  assert.equal(lines().length, 1)
  meeting.timers.advance(10_000)
  a.socket?.onText('again')
  assert.equal(lines().length, 2)
  assert.equal(lines()[1]?.fields['silenced'], garbage.length)
  a.say({ colibriClass: 'ReceiverVideoConstraints', lastN: 0 })
  meeting.settle()
  assert.deepEqual(a.forwarded, ['4000000200@0'], 'sense is still understood')
})

test('messages beyond the rate are dropped, and heard again later', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  meeting.timers.advance(10_000)
  for (let i = 0; i < 1000; i++) a.say({ colibriClass: 'EndpointMessage', to: '', msgPayload: { i } })
  assert.equal(b.take('EndpointMessage').length, 300)
  assert.equal(meeting.bridge.stats().messagesDropped, 700)
  meeting.timers.advance(1000)
  for (let i = 0; i < 1000; i++) a.say({ colibriClass: 'EndpointMessage', to: '', msgPayload: { i } })
  assert.equal(b.take('EndpointMessage').length, 100)
  assert.equal(a.closed, undefined)
})

test('large messages are limited by their size', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  meeting.timers.advance(10_000)
  const text = 'x'.repeat(60_000)
  for (let i = 0; i < 50; i++) a.say({ colibriClass: 'EndpointMessage', to: '', msgPayload: { text } })
  assert.equal(b.take('EndpointMessage').length, 8)
})

test('a reader that does not read is closed, and only that one', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  const c = await meeting.call('cccc', 4_000_000_300)
  b.bufferedBytes = 2_000_000
  a.say({ colibriClass: 'EndpointMessage', to: '', msgPayload: {} })
  assert.deepEqual(b.closed, { code: 1008, reason: 'reader too slow' })
  assert.equal(c.take('EndpointMessage').length, 1)
  assert.equal(meeting.bridge.stats().slowReaders, 1)
  assert.equal(meeting.bridge.stats().channels, 2)
  b.bufferedBytes = 0
  b.open()
  a.say({ colibriClass: 'EndpointMessage', to: '', msgPayload: {} })
  assert.equal(b.take('EndpointMessage').length, 1)
})
