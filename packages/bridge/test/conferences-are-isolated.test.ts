import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Meeting } from './meeting.ts'
import type { Participant } from './meeting.ts'

test('ten conferences with the same names and SSRCs share nothing', async () => {
  const meeting = new Meeting()
  const rooms: [Participant, Participant][] = []
  for (let i = 0; i < 10; i++) {
    const a = await meeting.call('aaaa', 4_000_000_100, `room${i}`)
    const b = await meeting.call('bbbb', 4_000_000_200, `room${i}`)
    rooms.push([a, b])
  }
  for (const [a, b] of rooms) {
    assert.deepEqual(a.forwarded, ['4000000200@0', '4000000210@2'])
    assert.deepEqual(b.forwarded, ['4000000100@0', '4000000110@2'])
    a.received.length = 0
    b.received.length = 0
  }
  const [[speaker, listener], ...others] = rooms as [[Participant, Participant], ...[Participant, Participant][]]
  speaker.speak(1000)
  speaker.say({ colibriClass: 'EndpointMessage', to: '', msgPayload: {} })
  speaker.say({ colibriClass: 'EndpointMessage', to: 'bbbb', msgPayload: {} })
  speaker.say({ colibriClass: 'EndpointStats', stats: {} })
  speaker.say({ colibriClass: 'SourceVideoTypeMessage', sourceName: 'aaaa-v0', videoType: 'none' })
  meeting.settle()
  assert.equal(listener.received.length, 5)
  for (const participant of others.flat()) assert.deepEqual(participant.received, [])
  for (const [, b] of others) assert.deepEqual(b.forwarded, ['4000000100@0', '4000000110@2'])
})

test('the end of one conference leaves the next alone', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100, 'room1')
  const b = await meeting.call('bbbb', 4_000_000_100, 'room2')
  await meeting.bridge.port.expireConference({ conferenceId: 'room1' })
  assert.deepEqual(a.closed, { code: 1001, reason: 'endpoint closed' })
  assert.equal(b.closed, undefined)
  assert.equal(meeting.engine.rooms.size, 1)
  assert.equal(meeting.engine.sources.size, 2)
})
