import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DominantSpeaker } from './dominant-speaker.ts'

/** Everybody's level (0 = loudest) for a frame of 20 ms, by id; absent = no packet. */
type Frame = Readonly<Record<string, number>>

class Room {
  readonly detector = new DominantSpeaker<string>()
  readonly changes: string[] = []
  now = 0

  /** Frames in batches of 100 ms, as the engine delivers them. */
  hear(durationMs: number, frameAt: (elapsedMs: number) => Frame): void {
    const end = this.now + durationMs
    for (let elapsed = 0; this.now < end; ) {
      for (let i = 0; i < 5; i++, elapsed += 20) {
        for (const [id, level] of Object.entries(frameAt(elapsed))) this.detector.level(this.now, id, level)
      }
      this.now += 100
      if (this.detector.decide(this.now)) this.changes.push(this.detector.current ?? 'nobody')
    }
  }
}

const voice = 30
const silence = 127

test('nobody is dominant while all are silent', () => {
  const room = new Room()
  room.hear(5000, () => ({ a: silence, b: 90 }))
  assert.equal(room.detector.current, undefined)
})

test('the first who speaks is dominant within 300 ms', () => {
  const room = new Room()
  room.hear(300, () => ({ a: silence, b: silence }))
  room.hear(300, () => ({ a: silence, b: voice }))
  assert.deepEqual(room.changes, ['b'])
})

test('whoever speaks on after the other stops takes over within a second', () => {
  const room = new Room()
  room.hear(3000, () => ({ a: voice, b: silence }))
  room.hear(1000, () => ({ a: silence, b: voice }))
  assert.deepEqual(room.changes, ['a', 'b'])
})

test('a cough does not take over', () => {
  const room = new Room()
  room.hear(2000, () => ({ a: voice, b: silence }))
  room.hear(60, () => ({ a: silence, b: 10 }))
  room.hear(3000, () => ({ a: voice, b: silence }))
  assert.deepEqual(room.changes, ['a'])
})

test('a cough in the pause of a speaker does not take over either', () => {
  const room = new Room()
  room.hear(2000, () => ({ a: voice, b: silence }))
  for (let i = 0; i < 20; i++) {
    room.hear(700, () => ({ a: voice, b: silence }))
    room.hear(200, () => ({ a: silence, b: 10 }))
  }
  assert.deepEqual(room.changes, ['a'])
})

test('a short pause does not lose the floor to a quiet room', () => {
  const room = new Room()
  room.hear(10_000, (t) => ({ a: t % 1000 < 700 ? voice : silence, b: 85 }))
  assert.deepEqual(room.changes, ['a'])
})

test('who speaks at the same time does not interrupt', () => {
  const room = new Room()
  room.hear(1000, () => ({ a: voice, b: silence }))
  room.hear(5000, () => ({ a: voice, b: 20 }))
  assert.deepEqual(room.changes, ['a'])
})

test('who is muted sends nothing and loses the floor like one who is silent', () => {
  const room = new Room()
  room.hear(2000, () => ({ a: voice, b: silence }))
  room.hear(1500, () => ({ b: voice }))
  assert.deepEqual(room.changes, ['a', 'b'])
})

test('short beeps take a floor that has been free for three seconds, not sooner', () => {
  const room = new Room()
  room.hear(1000, () => ({ a: voice, b: silence }))
  room.hear(2500, (t) => ({ b: t % 500 < 40 ? 20 : silence }))
  assert.equal(room.detector.current, 'a')
  room.hear(2000, (t) => ({ b: t % 500 < 40 ? 20 : silence }))
  assert.equal(room.detector.current, 'b')
})

test('steady noise of a room becomes its floor', () => {
  const room = new Room()
  // 67 dB above digital silence, for over a minute; then a person in another room speaks no louder than that
  room.hear(70_000, () => ({ noisy: 55, b: silence }))
  room.hear(4000, () => ({ noisy: 55, b: 50 }))
  assert.equal(room.detector.current, 'b')
  room.hear(10_000, () => ({ noisy: 55, b: silence }))
  assert.equal(room.detector.current, 'b', 'noise does not win the floor back')
})

test('when the dominant one leaves, nobody is until the next speaks', () => {
  const room = new Room()
  room.hear(1000, () => ({ a: voice, b: silence }))
  room.detector.remove('a')
  assert.equal(room.detector.current, undefined)
  room.hear(600, () => ({ b: voice }))
  assert.equal(room.detector.current, 'b')
})

test('of several who take over, the one who has said most does', () => {
  const room = new Room()
  room.hear(1000, () => ({ a: voice, b: silence, c: silence }))
  room.hear(1500, (t) => ({ a: silence, b: t % 100 < 60 ? voice : silence, c: voice }))
  assert.deepEqual(room.changes, ['a', 'c'])
})

test('levels out of range count as the nearest one', () => {
  const room = new Room()
  room.hear(1000, () => ({ a: 4_000_000_000 }))
  assert.equal(room.detector.current, undefined)
})
