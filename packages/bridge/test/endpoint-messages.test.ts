import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Meeting } from './meeting.ts'

test('a message goes where it is addressed, under its real sender', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  const c = await meeting.call('cccc', 4_000_000_300)
  const say = (to: string) =>
    a.say({ colibriClass: 'EndpointMessage', from: 'cccc', to, msgPayload: { type: 'reaction', list: ['👍'] } })
  const heard = () => [a, b, c].map((p) => p.take('EndpointMessage').length)
  say('')
  const message = {
    colibriClass: 'EndpointMessage',
    from: 'aaaa',
    to: '',
    msgPayload: { type: 'reaction', list: ['👍'] },
  }
  assert.deepEqual(
    b.received.find((m) => m.colibriClass === 'EndpointMessage'),
    message,
  )
  assert.deepEqual(heard(), [0, 1, 1])
  say('bbbb')
  assert.deepEqual(heard(), [0, 1, 0])
  say('nobody')
  assert.deepEqual(heard(), [0, 0, 0])
})

test("statistics reach the others with the sender's fields", async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  const stats = { connectionQuality: 98, bitrate: { upload: 1200, video: { upload: 1100 } } }
  a.say({ colibriClass: 'EndpointStats', stats })
  assert.deepEqual(b.take('EndpointStats'), [{ colibriClass: 'EndpointStats', from: 'aaaa', stats }])
  assert.deepEqual(a.take('EndpointStats'), [])
})

test('in a large conference statistics go only to those who watch the sender', async () => {
  const meeting = new Meeting()
  const all = []
  for (let i = 0; i < 25; i++) all.push(await meeting.call(`e${i}`, 4_000_000_000 + i * 100))
  for (const participant of all) {
    participant.say({ colibriClass: 'ReceiverVideoConstraints', defaultConstraints: { maxHeight: 0 } })
  }
  const [a, b, c, d] = all
  assert.ok(a && b && c && d)
  b.say({ colibriClass: 'ReceiverVideoConstraints', constraints: new Map([['e0-v0', { maxHeight: 180 }]]) })
  c.say({ colibriClass: 'ReceiverVideoConstraints', selectedSources: ['e0-v0'] })
  meeting.settle()
  a.say({ colibriClass: 'EndpointStats', stats: {} })
  assert.deepEqual(
    all.filter((p) => p.take('EndpointStats').length > 0).map((p) => p.id),
    ['e1', 'e2'],
  )
  a.speak(600)
  a.say({ colibriClass: 'EndpointStats', stats: {} })
  assert.equal(all.filter((p) => p.take('EndpointStats').length > 0).length, 24)
})
