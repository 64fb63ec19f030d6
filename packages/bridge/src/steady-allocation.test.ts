import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EffectiveHeight, VideoSource } from './allocation.ts'
import { sourceLayers } from './layers.ts'
import { SteadyAllocation } from './steady-allocation.ts'

const camera = (name: string): VideoSource => ({ name, videoType: 'camera', encodingCount: 3 })
const wish = (name: string, maxHeight = 720): EffectiveHeight => {
  return { source: camera(name), maxHeight, maxFrameRate: -1, isOnStage: false }
}

/** A receiver whose budget is told twice a second. */
class Receiver {
  readonly allocation = new SteadyAllocation<VideoSource>()
  wanted: readonly EffectiveHeight[] = [wish('a')]
  now = 0
  /** Lines of all pictures together, when they changed: `[ms, lines]`. */
  readonly changes: [number, number][] = []
  #lines = 0

  /** @returns the allocation at the end */
  run(ms: number, budgetBps: (now: number) => number | undefined, rate: (now: number) => number = () => 1): string {
    let last = ''
    for (const end = this.now + ms; this.now < end; this.now += 500) {
      const factor = rate(this.now)
      const forwarded = this.allocation.settle(this.now, this.wanted, {
        budgetBps: budgetBps(this.now),
        layersOf: (source) =>
          sourceLayers(
            source,
            [200_000, 500_000, 1_500_000].map((bps, encoding) => {
              const layer = {
                encoding,
                spatial: 0,
                temporal: 0,
                framesPerSecond: 30,
                width: 0,
                height: 0,
                active: true,
              }
              return { ...layer, bitrateBps: bps * factor }
            }),
          ),
      })
      const lines = forwarded.reduce((sum, { layer }) => sum + layer.height, 0)
      if (lines !== this.#lines) this.changes.push([this.now, lines])
      this.#lines = lines
      last = forwarded.map(({ source, layer }) => `${source.name}@${layer.height}`).join(' ')
    }
    return last
  }
}

test('what people ask for takes effect at once', () => {
  const receiver = new Receiver()
  assert.equal(
    receiver.run(500, () => 5_000_000),
    'a@720',
  )
  receiver.wanted = [wish('a', 180), wish('b', 360)]
  assert.equal(
    receiver.run(500, () => 5_000_000),
    'a@180 b@360',
  )
  receiver.wanted = [wish('a'), wish('b', 360)]
  assert.equal(
    receiver.run(500, () => 5_000_000),
    'a@720 b@360',
  )
})

test('a link that collapses lowers at once, and one that comes back raises after 10 s', () => {
  const receiver = new Receiver()
  receiver.run(20_000, () => 2_000_000)
  assert.equal(
    receiver.run(500, () => 600_000),
    'a@360',
  )
  assert.equal(
    receiver.run(500, () => 250_000),
    'a@180',
  )
  assert.equal(
    receiver.run(500, () => 100_000),
    '',
  )
  assert.equal(
    receiver.run(500, () => 2_000_000),
    'a@720',
    'the last step up was long ago',
  )
  assert.equal(
    receiver.run(500, () => 600_000),
    'a@360',
  )
  assert.equal(
    receiver.run(8000, () => 2_000_000),
    'a@360',
  )
  assert.equal(
    receiver.run(2000, () => 2_000_000),
    'a@720',
  )
})

test('a link that is found to be much better is used before 10 s are over', () => {
  const receiver = new Receiver()
  assert.equal(
    receiver.run(1000, () => 300_000),
    'a@180',
  )
  assert.equal(
    receiver.run(1000, () => 700_000),
    'a@360',
  )
  assert.equal(
    receiver.run(1000, () => 2_000_000),
    'a@720',
  )
})

test('a step up needs room to spare', () => {
  const receiver = new Receiver()
  receiver.run(1000, () => 300_000)
  assert.equal(
    receiver.run(30_000, () => 540_000),
    'a@180',
  )
  assert.equal(
    receiver.run(1000, () => 580_000),
    'a@360',
  )
})

test('without an estimate everything is forwarded, with the first one what fits', () => {
  const receiver = new Receiver()
  assert.equal(
    receiver.run(1000, () => undefined),
    'a@720',
  )
  assert.equal(
    receiver.run(500, () => 300_000),
    'a@180',
  )
})

test('whatever a steady link wavers: at most one step up in 10 s, none down within 3 s of it', () => {
  const jitter = fc.array(fc.integer({ min: -80, max: 80 }), { minLength: 20, maxLength: 60 })
  const steady = fc.integer({ min: 100_000, max: 6_000_000 })
  fc.assert(
    fc.property(steady, jitter, jitter, fc.integer({ min: 1, max: 4 }), (bps, ofBudget, ofRate, people) => {
      const receiver = new Receiver()
      receiver.wanted = Array.from({ length: people }, (_, index) => wish(`p${index}`))
      const at = (list: readonly number[], now: number) => 1 + (list[(now / 500) % list.length] ?? 0) / 1000
      receiver.run(
        120_000,
        (now) => bps * at(ofBudget, now),
        (now) => at(ofRate, now),
      )
      let lines = 0
      let raisedAt = -Infinity
      for (const [now, next] of receiver.changes) {
        if (next > lines) {
          assert.ok(now - raisedAt >= 10_000, `raised at ${raisedAt} and ${now}: ${JSON.stringify(receiver.changes)}`)
          raisedAt = now
        } else assert.ok(now - raisedAt >= 3000, `raised at ${raisedAt}, lowered at ${now}`)
        lines = next
      }
    }),
  )
})
