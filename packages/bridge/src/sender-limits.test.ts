import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SenderLimits } from './sender-limits.ts'

const name = 'aaaa-v0'

/** A source whose limits are told as soon as they are due. */
class Sender {
  readonly limits = new SenderLimits()
  now = 0
  /** `[ms, lines]` */
  readonly told: [number, number][] = []

  want(maxHeight: number): void {
    this.limits.want(this.now, name, maxHeight)
    this.#tell()
  }

  pass(ms: number): void {
    const until = this.now + ms
    for (let next = this.limits.deadline(name); next <= until; next = this.limits.deadline(name)) {
      this.now = Math.max(this.now, next)
      this.#tell()
    }
    this.now = until
  }

  #tell(): void {
    const maxHeight = this.limits.take(this.now, name)
    if (maxHeight !== undefined) this.told.push([this.now, maxHeight])
  }
}

test('who sends everything is limited when the wish has lasted for 3 s', () => {
  const sender = new Sender()
  sender.want(720)
  sender.pass(10_000)
  assert.deepEqual(sender.told, [[3000, 720]])
})

test('a meeting begins with nobody wanting anything for a moment, of which nobody hears', () => {
  const sender = new Sender()
  sender.want(0)
  sender.pass(150)
  sender.want(720)
  sender.pass(2849)
  assert.deepEqual(sender.told, [])
})

test('more is told at once, less after 3 s in which nobody wanted more', () => {
  const sender = new Sender()
  sender.want(360)
  sender.pass(5000)
  sender.want(720)
  assert.deepEqual(sender.told, [
    [3000, 360],
    [5000, 720],
  ])
  sender.want(360)
  sender.pass(2000)
  sender.want(180)
  sender.pass(2000)
  sender.want(360)
  sender.pass(5000)
  assert.deepEqual(sender.told.slice(2), [[10_000, 360]])
})

test('a wish that comes back right after it was given up waits until the client has stopped', () => {
  const sender = new Sender()
  sender.want(0)
  sender.pass(3010)
  sender.want(720)
  sender.pass(5000)
  assert.deepEqual(sender.told, [
    [3000, 0],
    [4000, 720],
  ])
})

test('a new channel hears what the old one was told last, and nothing if it was told nothing', () => {
  const { limits } = new Sender()
  limits.want(0, name, 180)
  assert.equal(limits.repeat(0, name), undefined)
  assert.equal(limits.take(3000, name), 180)
  assert.equal(limits.repeat(3500, name), 180)
  limits.want(3600, name, 720)
  assert.equal(limits.deadline(name), 4500)
})

test('as many sources as ever, and no more memory', () => {
  const { limits } = new Sender()
  for (let i = 0; i < 1000; i++) limits.want(0, `aaaa-v${i}`, 720)
  const known = Array.from({ length: 1000 }, (_, i) => limits.deadline(`aaaa-v${i}`)).filter(Number.isFinite)
  assert.equal(known.length, 64)
})

/** Applies a limit for a while and loses one that comes meanwhile; knows by heart what it was told and hears it only once. */
class BusyClient {
  #heard = Infinity
  #busyUntil = -Infinity
  sends = Infinity

  hear(at: number, maxHeight: number, applyMs: number): void {
    if (this.#heard === maxHeight) return
    this.#heard = maxHeight
    if (at < this.#busyUntil) return
    this.#busyUntil = at + applyMs
    this.sends = maxHeight
  }
}

test('clients that lose a limit while they apply another end up with the right one (lib-jitsi-meet#2228)', () => {
  const wish = fc.tuple(fc.constantFrom(0, 180, 360, 720), fc.integer({ min: 0, max: 5000 }))
  fc.assert(
    fc.property(
      fc.array(wish, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 10, max: 900 }),
      (wishes, applyMs) => {
        const sender = new Sender()
        for (const [maxHeight, lastsMs] of wishes) {
          sender.want(maxHeight)
          sender.pass(lastsMs)
        }
        sender.pass(10_000)
        const client = new BusyClient()
        for (const [at, maxHeight] of sender.told) client.hear(at, maxHeight, applyMs)
        assert.equal(client.sends, wishes.at(-1)?.[0])
      },
    ),
  )
})
