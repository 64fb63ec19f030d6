import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Meeting } from './meeting.ts'
import type { Participant } from './meeting.ts'

/** Names and first SSRCs: p0, 4000000000; p1, 4000001000; … */
async function room(size: number): Promise<{ meeting: Meeting; people: readonly Participant[] }> {
  const meeting = new Meeting({ maxEndpointsHeard: 4, loudestHeard: 2 })
  const people: Participant[] = []
  for (let index = 0; index < size; index++) people.push(await meeting.call(`p${index}`, ssrcOf(index)))
  return { meeting, people }
}
const ssrcOf = (index: number) => 4_000_000_000 + index * 1000
/** Whom somebody hears, by number. */
const heard = (participant: Participant | undefined) =>
  (participant?.forwarded ?? [])
    .map((target) => Number(target.split('@')[0]) - ssrcOf(0))
    .filter((offset) => offset % 1000 === 0)
    .map((offset) => offset / 1000)
    .sort((a, b) => a - b)
    .join()

test('in a small room everybody is heard', async () => {
  const { people } = await room(4)
  assert.equal(heard(people[0]), '1,2,3')
})

test('in a large room the loudest are heard, and nobody hears himself', async () => {
  const { meeting, people } = await room(6)
  meeting.settle()
  assert.equal(heard(people[0]), '')
  people[1]?.speak(1000)
  people[2]?.speak(1000)
  meeting.settle()
  assert.equal(heard(people[0]), '1,2')
  assert.equal(heard(people[1]), '2')
  people[3]?.speak(2000)
  meeting.settle()
  assert.ok(heard(people[0]).includes('3'), heard(people[0]))
  assert.ok(heard(people[0]).length <= 5, 'two seats and the dominant speaker')
})

test('a room that shrinks hears everybody again', async () => {
  const { meeting, people } = await room(5)
  assert.equal(heard(people[0]), '')
  await people[4]?.leave()
  meeting.settle()
  assert.equal(heard(people[0]), '1,2,3')
})

test('who is asked for by name is heard however quiet he is', async () => {
  const { meeting, people } = await room(6)
  people[0]?.say({ colibriClass: 'ReceiverAudioSubscription', all: true, include: ['p5-a0'], exclude: [] })
  meeting.settle()
  assert.equal(heard(people[0]), '5')
})
