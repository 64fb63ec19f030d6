import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Meeting } from './meeting.ts'
import type { Participant } from './meeting.ts'

const three = async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  const c = await meeting.call('cccc', 4_000_000_300)
  return { meeting, a, b, c }
}
const speakers = (participant: Participant) =>
  participant
    .take('DominantSpeakerEndpointChangeEvent')
    .map((event) => [event.dominantSpeakerEndpoint, ...event.previousSpeakers].join(' '))

test('all hear of each new dominant speaker, with those before', async () => {
  const { a, b, c } = await three()
  b.speak(1000)
  c.speak(1500)
  a.speak(1500)
  c.speak(1500)
  for (const participant of [a, b, c]) {
    assert.deepEqual(speakers(participant), ['bbbb', 'cccc bbbb', 'aaaa cccc bbbb', 'cccc aaaa bbbb'])
  }
})

test('recent speakers come first within lastN', async () => {
  const { meeting, a, b, c } = await three()
  a.say({ colibriClass: 'ReceiverVideoConstraints', lastN: 1 })
  meeting.settle()
  assert.ok(a.forwarded.includes('4000000210@2'))
  c.speak(1000)
  meeting.settle()
  assert.deepEqual(a.forwarded.slice(2), ['4000000310@2'])
  b.speak(1500)
  meeting.settle()
  assert.deepEqual(a.forwarded.slice(2), ['4000000210@2'])
})

test('a speaker who leaves is forgotten, and the earlier one is announced again on speaking', async () => {
  const { a, b, c } = await three()
  a.speak(1000)
  b.speak(1500)
  speakers(c)
  await b.leave()
  a.speak(1500)
  assert.deepEqual(speakers(c), ['aaaa'])
})

test('who is force-muted does not become the speaker', async () => {
  const { a, b, c } = await three()
  await b.update({ forceMute: { audio: true, video: false } })
  b.speak(2000)
  assert.deepEqual(speakers(a), [])
  c.speak(1000)
  assert.deepEqual(speakers(a), ['cccc'])
})

test('the others hear who is out of reach and who is back', async () => {
  const { meeting, a, b, c } = await three()
  const idle = (participant: Participant, idleMs: number) => {
    meeting.engine.transports.get(participant.transport)!.idleMs = idleMs
  }
  const status = (participant: Participant) =>
    participant.take('EndpointConnectivityStatusChangeEvent').map((e) => `${e.endpoint} ${e.active}`)
  for (const participant of [a, b, c]) idle(participant, 10)
  meeting.timers.advance(2000)
  assert.deepEqual(status(a), [])
  idle(b, 8500)
  meeting.timers.advance(2000)
  assert.deepEqual([status(a), status(b), status(c)], [['bbbb false'], [], ['bbbb false']])
  idle(b, 5)
  meeting.timers.advance(2000)
  assert.deepEqual(status(a), ['bbbb true'])
})

test('the engine is read once a second for all conferences, and not at all for nobody', async () => {
  const { meeting, a, b, c } = await three()
  const d = await meeting.call('dddd', 4_000_000_400, 'room2')
  meeting.engine.statsCalls = 0
  meeting.timers.advance(10_000)
  assert.equal(meeting.engine.statsCalls, 10)
  for (const participant of [a, b, c, d]) await participant.leave()
  meeting.timers.advance(70_000)
  assert.ok(meeting.engine.statsCalls <= 11)
  assert.equal(meeting.timers.pending, 0)
})
