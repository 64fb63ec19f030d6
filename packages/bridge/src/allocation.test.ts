import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReceiverVideoConstraints } from '@parley/protocol'
import fc from 'fast-check'
import { allocate, effectiveHeights, prioritise, senderMaxHeight } from './allocation.ts'
import type { EffectiveHeight, VideoSource } from './allocation.ts'
import type { Layer } from './layers.ts'
import { applyConstraints, applyInitialLastN, applyLastN, initialConstraints } from './receiver-constraints.ts'

type Wishes = Omit<ReceiverVideoConstraints, 'colibriClass'>

const wishes = (fields: Wishes) =>
  applyConstraints(initialConstraints, { colibriClass: 'ReceiverVideoConstraints', ...fields })
const camera = (name: string, encodingCount = 3): VideoSource => ({ name, videoType: 'camera', encodingCount })
const muted = (name: string): VideoSource => ({ name, videoType: 'none', encodingCount: 3 })
const desktop = (name: string): VideoSource => ({ name, videoType: 'desktop', encodingCount: 3 })
/** What a receiver gets, as `name@encoding` in order of priority. */
const given = (sources: readonly VideoSource[], fields: Wishes) => {
  const receiver = wishes(fields)
  const allocated = allocate(effectiveHeights(prioritise(sources, receiver), receiver))
  return allocated.map(({ source, limits }) => `${source.name}@${limits.maxEncoding}`).join(' ')
}

test('priority: on stage, then selected, then recent speech, then what does not send', () => {
  const all = [camera('a'), muted('b'), camera('c'), camera('d'), camera('e')]
  const cases: [Wishes, string][] = [
    [{}, 'a c d e b'],
    [{ selectedSources: ['d'] }, 'd a c e b'],
    [{ selectedSources: ['e', 'd'] }, 'e d a c b'],
    [{ onStageSources: ['e'], selectedSources: ['d'] }, 'e d a c b'],
    [{ onStageSources: ['e'], selectedSources: ['d', 'e'] }, 'e d a c b'],
    [{ onStageSources: ['b'], selectedSources: ['nobody'] }, 'a c d e b'],
  ]
  for (const [fields, expected] of cases) {
    const order = prioritise(all, wishes(fields)).map((source) => source.name)
    assert.equal(order.join(' '), expected, JSON.stringify(fields))
  }
})

test('what a receiver gets', () => {
  const three = [camera('a'), camera('b'), camera('c')]
  const cases: [string, readonly VideoSource[], Wishes, string][] = [
    ['a first message without sizes means thumbnails', three, {}, 'a@0 b@0 c@0'],
    ['a default height is for everybody', three, { defaultConstraints: { maxHeight: 720 } }, 'a@2 b@2 c@2'],
    ['negative is unlimited', three, { defaultConstraints: { maxHeight: -1 } }, 'a@2 b@2 c@2'],
    ['zero is nothing', three, { defaultConstraints: { maxHeight: 0 } }, ''],
    ['lastN 0 is nothing', three, { lastN: 0, defaultConstraints: { maxHeight: 720 } }, ''],
    ['lastN keeps the first in priority', three, { lastN: 2 }, 'a@0 b@0'],
    ['a selected source is within lastN', three, { lastN: 1, selectedSources: ['c'] }, 'c@0'],
    ['on stage beats selected within lastN', three, { lastN: 1, selectedSources: ['c'], onStageSources: ['b'] }, 'b@0'],
    [
      'own constraints beat the default',
      three,
      { defaultConstraints: { maxHeight: 0 }, constraints: new Map([['b', { maxHeight: 360 }]]) },
      'b@1',
    ],
    ['a muted source is not forwarded', [muted('a'), camera('b')], {}, 'b@0'],
    ['a muted source does not use up lastN', [muted('a'), camera('b'), camera('c')], { lastN: 1 }, 'b@0'],
    ['a muted source on stage does not either', [muted('a'), camera('b')], { lastN: 1, onStageSources: ['a'] }, 'b@0'],
    ['nobody is there', [], { defaultConstraints: { maxHeight: 720 } }, ''],
  ]
  for (const [what, sources, fields, expected] of cases) assert.equal(given(sources, fields), expected, what)
})

test('nothing is forwarded to a receiver that has not spoken', () => {
  const wanted = effectiveHeights([camera('a'), desktop('b')], initialConstraints)
  assert.deepEqual(allocate(wanted), [])
})

test('encodings by height', () => {
  const cases: [VideoSource, number, number][] = [
    [camera('a'), 1, 0],
    [camera('a'), 179, 0],
    [camera('a'), 180, 0],
    [camera('a'), 359, 0],
    [camera('a'), 360, 1],
    [camera('a'), 719, 1],
    [camera('a'), 720, 2],
    [camera('a'), 2160, 2],
    [camera('a'), Infinity, 2],
    [camera('a', 2), 359, 0],
    [camera('a', 2), 720, 1],
    [camera('a', 1), 90, 0],
    [camera('a', 1), 720, 0],
    [desktop('a'), 180, 2],
    [{ name: 'a', videoType: 'desktop_high_fps', encodingCount: 3 }, 180, 0],
  ]
  for (const [source, height, expected] of cases) {
    const [forwarded] = allocate([{ source, maxHeight: height, maxFrameRate: -1, isOnStage: false }])
    assert.equal(forwarded?.limits.maxEncoding, expected, `${source.videoType} ${source.encodingCount} at ${height}`)
  }
})

test('a sender hears of the greatest wish, unlimited as a large number', () => {
  assert.equal(senderMaxHeight([]), 0)
  assert.equal(senderMaxHeight([0, 180, 720, 360]), 720)
  assert.equal(senderMaxHeight([180, Infinity]), 2160)
})

test('absent fields keep their value and constraints are replaced as a whole', () => {
  const first = wishes({ lastN: 5, constraints: new Map([['a', { maxHeight: 720 }]]) })
  const message = { colibriClass: 'ReceiverVideoConstraints' as const, selectedSources: ['b'] }
  const second = applyConstraints(first, message)
  assert.deepEqual(second, { ...first, selectedSources: ['b'] })
  const third = applyConstraints(second, { ...message, constraints: new Map([['b', { maxHeight: 90 }]]) })
  assert.deepEqual([...third.constraints], [['b', { maxHeight: 90 }]])
  assert.equal(third.lastN, 5)
  assert.equal(third.defaultConstraints.maxHeight, 180)
})

test('a default that was set stays when later messages leave it out', () => {
  const set = wishes({ defaultConstraints: { maxHeight: 0 } })
  const later = applyConstraints(set, { colibriClass: 'ReceiverVideoConstraints', lastN: 3 })
  assert.equal(later.defaultConstraints.maxHeight, 0)
})

test('lastN from signalling holds until the receiver sets its own', () => {
  const signalled = applyInitialLastN(initialConstraints, 4)
  assert.equal(signalled.lastN, 4)
  const own = applyLastN(signalled, 2)
  assert.equal(applyInitialLastN(own, 4).lastN, 2)
  assert.equal(own.hasSpoken, false, 'a limit on the number says nothing about sizes')
})

/** `name@lines/rate` in order of priority. */
const within = (budgetBps: number | undefined, wishes: readonly EffectiveHeight[], layersOf?: () => readonly Layer[]) =>
  allocate(wishes, { budgetBps, ...(layersOf && { layersOf }) })
    .map(({ source, layer }) => `${source.name}@${layer.height}/${layer.framesPerSecond}`)
    .join(' ')
const wish = (source: VideoSource, maxHeight = 720, isOnStage = false): EffectiveHeight => {
  return { source, maxHeight, maxFrameRate: -1, isOnStage }
}
const stage = (source: VideoSource) => wish(source, 720, true)

test('the budget: many small pictures before a large one, but the stage first', () => {
  const three = [wish(camera('a')), wish(camera('b')), wish(camera('c'))]
  const staged = [stage(camera('a')), wish(camera('b'), 180), wish(camera('c'), 180)]
  const screen = [stage(desktop('s')), wish(camera('a'))]
  const cases: [string, number | undefined, readonly EffectiveHeight[], string][] = [
    ['no budget known', undefined, three, 'a@720/30 b@720/30 c@720/30'],
    ['nothing fits', 150_000, three, ''],
    ['one fits', 300_000, three, 'a@180/30'],
    ['one each', 700_000, three, 'a@180/30 b@180/30 c@180/30'],
    ['one climbs', 900_000, three, 'a@360/30 b@180/30 c@180/30'],
    ['all climb', 1_500_000, three, 'a@360/30 b@360/30 c@360/30'],
    ['the first climbs on', 2_500_000, three, 'a@720/30 b@360/30 c@360/30'],
    ['plenty', 4_500_000, three, 'a@720/30 b@720/30 c@720/30'],
    ['the stage alone', 550_000, staged, 'a@360/30'],
    ['the stage cannot reach 360 lines: no thumbnails', 450_000, staged, 'a@180/30'],
    ['thumbnails before the stage is large', 1_000_000, staged, 'a@360/30 b@180/30 c@180/30'],
    ['and then the stage', 1_900_000, staged, 'a@720/30 b@180/30 c@180/30'],
    ['a screen on stage takes a little too much', 1_000_000, screen, 's@720/30'],
    ['but not much too much', 900_000, screen, ''],
    ['a screen that is not first does not', 1_000_000, [wish(desktop('s')), wish(camera('a'))], 'a@360/30'],
  ]
  for (const [what, budget, wishes, expected] of cases) assert.equal(within(budget, wishes), expected, what)
})

test('layers in time: small pictures come slower, larger ones only smooth, screens the other way round', () => {
  const layer = (height: number, framesPerSecond: number, kbps: number): Layer => {
    return { size: [180, 360, 720].indexOf(height), height, framesPerSecond, bitrateBps: kbps * 1000 }
  }
  const svc = () => [
    layer(180, 7.5, 50),
    layer(180, 15, 80),
    layer(180, 30, 120),
    layer(360, 7.5, 200),
    layer(360, 30, 400),
    layer(720, 15, 900),
    layer(720, 30, 1300),
  ]
  const cases: [string, number, EffectiveHeight, string][] = [
    ['the slowest', 60_000, wish(camera('a')), 'a@180/7.5'],
    ['faster first', 350_000, wish(camera('a')), 'a@180/30'],
    ['then larger, at full rate', 450_000, wish(camera('a')), 'a@360/30'],
    ['never larger and slower', 1_000_000, wish(camera('a')), 'a@360/30'],
    ['the most', 2_000_000, wish(camera('a')), 'a@720/30'],
    ['a screen is sharp and slow', 1_000_000, wish(desktop('a')), 'a@720/15'],
    ['a limited rate does not cost the size', 2_000_000, { ...wish(camera('a')), maxFrameRate: 15 }, 'a@720/15'],
    ['a limited rate, on a narrow way', 100_000, { ...wish(camera('a')), maxFrameRate: 15 }, 'a@180/15'],
    ['a rate that nothing keeps', 2_000_000, { ...wish(camera('a')), maxFrameRate: 5 }, 'a@720/30'],
  ]
  for (const [what, budget, wanted, expected] of cases) assert.equal(within(budget, [wanted], svc), expected, what)
})

test('a camera of 20 frames a second is smooth enough', () => {
  const slow = () => [180, 360, 720].map((height, size) => ({ size, height, framesPerSecond: 20, bitrateBps: 1 }))
  assert.equal(within(1_000_000, [wish(camera('a'))], slow), 'a@720/20')
})

test('whatever is wanted: within the budget, within the wishes, nobody twice, and a budget for everything gives everything', () => {
  const wishes = fc
    .uniqueArray(fc.record({ name: fc.integer({ min: 0, max: 20 }), height: fc.constantFrom(0, 90, 180, 360, 720) }), {
      selector: ({ name }) => name,
      maxLength: 8,
    })
    .map((list) => list.map(({ name, height }) => wish(camera(`p${name}`), height)))
  const budget = fc.integer({ min: 0, max: 8_000_000 })
  fc.assert(
    fc.property(wishes, fc.boolean(), budget, (list, isFirstStaged, budgetBps) => {
      const wanted = list.map((w, index) => ({ ...w, isOnStage: isFirstStaged && index === 0 }))
      const forwarded = allocate(wanted, { budgetBps })
      const spent = forwarded.reduce((sum, { layer }) => sum + layer.bitrateBps, 0)
      assert.ok(spent <= budgetBps, `${spent} of ${budgetBps}`)
      for (const { source, layer } of forwarded) {
        const limit = wanted.find((w) => w.source === source)?.maxHeight ?? 0
        assert.ok(limit > 0 && (layer.height <= limit || layer.size === 0), `${source.name} at ${layer.height}`)
      }
      assert.equal(new Set(forwarded.map(({ source }) => source.name)).size, forwarded.length)
      const all = allocate(wanted)
      const total = all.reduce((sum, { layer }) => sum + layer.bitrateBps, 0)
      assert.deepEqual(allocate(wanted, { budgetBps: total }), all, 'a budget for everything gives everything')
    }),
  )
})
