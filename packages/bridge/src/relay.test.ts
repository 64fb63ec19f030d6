import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageReceivers, statsReceivers } from './relay.ts'

const endpoint = (id: string, watched: readonly string[] = []) => ({
  id,
  watches: (sender: string) => watched.includes(sender),
})
const table = (...all: ReturnType<typeof endpoint>[]) => new Map(all.map((e) => [e.id, e]))
const ids = (endpoints: readonly { readonly id: string }[]) => endpoints.map((e) => e.id)

test('a message goes to everyone else, to one, or to nobody', () => {
  const [a, b, c] = [endpoint('a'), endpoint('b'), endpoint('c')]
  const all = table(a, b, c)
  assert.deepEqual(ids(messageReceivers(all, a, '')), ['b', 'c'])
  assert.deepEqual(ids(messageReceivers(all, a, 'c')), ['c'])
  assert.deepEqual(ids(messageReceivers(all, a, 'nobody')), [])
})

test('statistics go to everyone else in conferences of up to 20', () => {
  const twenty = Array.from({ length: 20 }, (_, i) => endpoint(`e${i}`))
  assert.equal(statsReceivers(table(...twenty), twenty[0] as (typeof twenty)[0], []).length, 19)
})

test('beyond 20 only of speakers, or to those who watch', () => {
  const many = Array.from({ length: 21 }, (_, i) => endpoint(`e${i}`, i === 3 ? ['e0'] : []))
  const [sender] = many as [(typeof many)[0]]
  assert.deepEqual(ids(statsReceivers(table(...many), sender, ['e7'])), ['e3'])
  assert.equal(statsReceivers(table(...many), sender, ['e0']).length, 20)
})
