import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalizeRoomName } from '../location.ts'
import { makeRoomName, secureRandom } from './room-name.ts'

test('a room name is three pronounceable words and a legal room', () => {
  for (let i = 0; i < 500; i++) {
    const name = makeRoomName(secureRandom)
    assert.match(name, /^([b-df-hj-np-tv-z]{1,2}[aeiou]){2}[lnrs]?(-([b-df-hj-np-tv-z]{1,2}[aeiou]){2}[lnrs]?){2}$/)
    assert.equal(normalizeRoomName(name), name)
  }
})

test('names are not repeated', () => {
  const names = new Set(Array.from({ length: 2000 }, () => makeRoomName(secureRandom)))
  assert.equal(names.size, 2000)
})

test('is a function of the random numbers given, at both ends of their range', () => {
  assert.equal(
    makeRoomName(() => 0),
    'baba-baba-baba',
  )
  assert.equal(
    makeRoomName(() => 0.999999),
    'trutrus-trutrus-trutrus',
  )
})
