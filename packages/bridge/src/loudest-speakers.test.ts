import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LoudestSpeakers } from './loudest-speakers.ts'

/** A room on virtual time; levels come in batches of 100 ms, as from the engine. */
class Room {
  readonly speakers: LoudestSpeakers<string>
  readonly names: readonly string[]
  now = 0
  changes = 0

  constructor(names: readonly string[], seats?: number) {
    this.names = names
    this.speakers = new LoudestSpeakers(seats === undefined ? {} : { seats })
  }

  /** Everybody at these levels, silence for who is not named; a missing level is no packet at all. */
  talk(ms: number, levels: Readonly<Record<string, number | undefined>>): string {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += 100
      for (const name of this.names) {
        const level = name in levels ? levels[name] : 127
        for (let frame = 0; level !== undefined && frame < 5; frame++) this.speakers.level(this.now, name, level)
      }
      if (this.speakers.decide(this.now)) this.changes++
    }
    return this.seated
  }

  get seated(): string {
    return this.names.filter((name) => this.speakers.has(name)).join('')
  }
}

const speech = 30
const names = ['a', 'b', 'c', 'd', 'e']

test('whoever speaks first gets a seat within a batch', () => {
  const room = new Room(names)
  assert.equal(room.talk(100, { a: speech }), 'a')
  assert.equal(room.talk(100, { a: speech, b: speech }), 'ab')
  assert.equal(room.talk(100, { c: speech }), 'abc')
})

test('silence keeps the seat, and noise never gets one', () => {
  const room = new Room(names)
  room.talk(300, { a: speech })
  assert.equal(room.talk(60_000, { d: 90 }), 'a')
})

test('with all seats taken a voice takes that of the one who is silent longest', () => {
  const room = new Room(names)
  room.talk(2000, { a: speech, b: speech, c: speech })
  room.talk(2000, { b: speech, c: speech })
  assert.equal(room.talk(300, { b: speech, c: speech, d: speech }), 'bcd')
})

test('a voice as loud as the seated ones waits, a louder one does not', () => {
  const room = new Room(names)
  room.talk(3000, { a: 30, b: 31, c: 32 })
  assert.equal(room.talk(5000, { a: 30, b: 31, c: 32, d: 28 }), 'abc')
  assert.equal(room.talk(500, { a: 30, b: 31, c: 32, d: 20 }), 'abd')
})

test('a seat is kept for a second', () => {
  const room = new Room(names, 1)
  room.talk(100, { a: 50 })
  assert.equal(room.talk(800, { b: 10 }), 'a')
  assert.equal(room.talk(400, { b: 10 }), 'b')
})

test('who sends nothing in silence loses the seat like any other', () => {
  const room = new Room(names, 1)
  room.talk(2000, { a: speech })
  assert.equal(room.talk(3000, { a: undefined, b: 45 }), 'b')
})

test('who leaves makes room', () => {
  const room = new Room(names, 1)
  room.talk(100, { a: speech })
  room.speakers.remove('a')
  assert.equal(room.seated, '')
  assert.equal(room.talk(100, { b: speech }), 'b')
})

test('never more than the seats, and no seat changes hands twice in a second', () => {
  const levels = fc.record({ a: level(), b: level(), c: level(), d: level(), e: level() })
  fc.assert(
    fc.property(fc.array(levels, { maxLength: 100 }), (batches) => {
      const room = new Room(names, 2)
      for (const batch of batches) {
        room.talk(100, batch)
        assert.ok(room.seated.length <= 2, room.seated)
      }
      assert.ok(room.changes <= 2 * (1 + room.now / 1000), `${room.changes} changes in ${room.now} ms`)
    }),
  )
})

function level() {
  return fc.option(fc.integer({ min: 0, max: 127 }), { nil: undefined })
}
