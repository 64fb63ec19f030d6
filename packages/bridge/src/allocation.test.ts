import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReceiverVideoConstraints } from '@parley/protocol'
import { allocate, effectiveHeights, maxEncodingFor, prioritise, senderMaxHeight } from './allocation.ts'
import type { VideoSource } from './allocation.ts'
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
  return allocated.map(({ source, maxEncoding }) => `${source.name}@${maxEncoding}`).join(' ')
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
    assert.equal(maxEncodingFor(source, height), expected, `${source.videoType} ${source.encodingCount} at ${height}`)
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
