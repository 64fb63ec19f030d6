import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TileState } from '../tile/tile-state.ts'
import { constraintsFor, heightStep } from './constraints.ts'
import { arrange } from './layout/layout.ts'

const AREA = { width: 1424, height: 800 }

function tile(id: string, change: Partial<TileState> = {}): TileState {
  return {
    id,
    participantId: id,
    name: id,
    isLocal: false,
    videoType: 'camera',
    audioMuted: false,
    videoMuted: false,
    isActiveSpeaker: false,
    isHandRaised: false,
    isInterrupted: false,
    sourceId: `${id}-v0`,
    stream: undefined,
    ...change,
  }
}

const people = (count: number) => Array.from({ length: count }, (_, i) => tile(`p${i}`, { isLocal: i === 0 }))
const idsOf = (tiles: readonly TileState[]) => tiles.map(({ id }) => id)

test('asks for no more than a tile shows', () => {
  const heights = [2, 4, 9, 25].map((count) => {
    const tiles = people(count)
    const arrangement = arrange({ kind: 'grid' }, idsOf(tiles), AREA)
    return constraintsFor(tiles, arrangement, idsOf(tiles), 1).maxHeights?.['p1-v0']
  })
  assert.deepEqual(heights, [720, 360, 360, 180])
})

test('one’s own picture is not asked for; what is out of view is declined', () => {
  const tiles = people(3)
  const arrangement = arrange({ kind: 'grid' }, idsOf(tiles), AREA)
  assert.deepEqual(constraintsFor(tiles, arrangement, ['p0', 'p1'], 1).maxHeights, { 'p1-v0': 360, 'p2-v0': 0 })
})

test('a shared screen comes first and in full, the filmstrip small', () => {
  const tiles = [...people(3), tile('p1-v1', { participantId: 'p1', videoType: 'desktop', sourceId: 'p1-v1' })]
  const arrangement = arrange({ kind: 'stage', stageId: 'p1-v1' }, idsOf(tiles), AREA)
  const constraints = constraintsFor(tiles, arrangement, idsOf(tiles), 1)
  assert.deepEqual(constraints.onStageSources, ['p1-v1'])
  assert.deepEqual(constraints.maxHeights, { 'p1-v0': 180, 'p2-v0': 180, 'p1-v1': 2160 })
})

test('sharp displays ask for more, within reason', () => {
  const tiles = people(9)
  const arrangement = arrange({ kind: 'grid' }, idsOf(tiles), AREA)
  const at = (ratio: number) => constraintsFor(tiles, arrangement, idsOf(tiles), ratio).maxHeights?.['p1-v0']
  assert.deepEqual([at(1), at(2), at(4)], [360, 720, 720])
})

test('steps up only when the next layer would be seen', () => {
  assert.deepEqual([0, 200, 208, 400, 800, 5000].map(heightStep), [180, 180, 360, 360, 720, 2160])
})
