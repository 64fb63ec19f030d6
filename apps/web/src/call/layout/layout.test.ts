import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Arrangement, type Area, GAP, type Rect, visibleTiles } from './arrangement.ts'
import { fitGrid } from './grid.ts'
import { arrange, chooseLayout, type LayoutTile } from './layout.ts'

const LAPTOP = { width: 1424, height: 800 }
const TABLET = { width: 1008, height: 670 }
const PHONE = { width: 344, height: 620 }
const AREAS = [LAPTOP, TABLET, PHONE, { width: 700, height: 320 }, { width: 320, height: 320 }]

const idsOf = (count: number) => Array.from({ length: count }, (_, i) => `t${i}`)
const grid = (count: number, area: Area) => arrange({ kind: 'grid' }, idsOf(count), area)
const stage = (count: number, area: Area) => arrange({ kind: 'stage', stageId: 't0' }, idsOf(count), area)

function assertSound({ rects, contentWidth, contentHeight }: Arrangement, count: number) {
  assert.equal(rects.size, count)
  const all = [...rects.values()]
  for (const rect of all) {
    assert.ok(rect.width > 0 && rect.height > 0, 'has a size')
    assert.ok(rect.x > -0.01 && rect.x + rect.width < contentWidth + 0.01, 'lies inside, horizontally')
    assert.ok(rect.y > -0.01 && rect.y + rect.height < contentHeight + 0.01, 'lies inside, vertically')
  }
  all.forEach((a, i) => all.slice(i + 1).forEach((b) => assert.ok(areApart(a, b), 'do not overlap')))
}

const areApart = (a: Rect, b: Rect) =>
  a.x + a.width <= b.x + 0.01 ||
  b.x + b.width <= a.x + 0.01 ||
  a.y + a.height <= b.y + 0.01 ||
  b.y + b.height <= a.y + 0.01

test('no count breaks a layout in any area', () => {
  for (const area of AREAS) {
    for (let count = 1; count <= 40; count++) {
      assertSound(grid(count, area), count)
      assertSound(stage(count, area), count)
    }
  }
})

test('the grid has the columns one expects', () => {
  const columns = (area: Area) => [1, 2, 3, 4, 5, 9, 16].map((count) => fitGrid(count, area).columns)
  assert.deepEqual(columns(LAPTOP), [1, 2, 2, 2, 3, 3, 4])
  assert.deepEqual(columns(PHONE).slice(0, 4), [1, 1, 1, 2])
})

test('tiles are never wider than a picture nor so narrow that they crop faces', () => {
  for (let count = 1; count <= 30; count++) {
    const { width, height } = fitGrid(count, LAPTOP)
    assert.ok(width / height < 16 / 9 + 0.001 && width / height > 4 / 3 - 0.001, `${count}: ${width / height}`)
  }
})

test('the last row is centred', () => {
  const { rects } = grid(5, LAPTOP)
  const [fourth, fifth] = [rects.get('t3'), rects.get('t4')]
  assert.ok(fourth && fifth)
  assert.ok(Math.abs(fourth.x - (LAPTOP.width - fifth.x - fifth.width)) < 0.01)
})

test('a crowd on a phone scrolls rather than shrinks', () => {
  const { contentHeight, rects } = grid(30, PHONE)
  assert.ok(contentHeight > PHONE.height)
  assert.ok((rects.get('t0')?.width ?? 0) >= 150)
})

test('the strip is beside the stage on a laptop and below it on a phone', () => {
  const onLaptop = stage(4, LAPTOP).rects
  assert.ok((onLaptop.get('t1')?.x ?? 0) >= (onLaptop.get('t0')?.width ?? 0) + GAP - 0.01)
  const onPhone = stage(4, PHONE).rects
  assert.ok((onPhone.get('t1')?.y ?? 0) >= (onPhone.get('t0')?.height ?? 0) + GAP - 0.01)
  assert.ok((onPhone.get('t0')?.height ?? 0) > PHONE.height * 0.7)
})

test('only what is scrolled into view is visible, and the stage always', () => {
  const arrangement = stage(40, LAPTOP)
  const visible = visibleTiles(arrangement, { ...LAPTOP, scrollLeft: 0, scrollTop: 2000 })
  assert.ok(visible.includes('t0'))
  assert.ok(!visible.includes('t1'))
  assert.ok(visible.length < 10)
})

test('the stage goes to the pinned tile, then to the newest screen of another', () => {
  const tile = (id: string, videoType: 'camera' | 'desktop', isLocal = false): LayoutTile => ({
    id,
    videoType,
    isLocal,
  })
  const cameras = [tile('me', 'camera', true), tile('ada', 'camera')]
  const screens = [...cameras, tile('s1', 'desktop'), tile('s2', 'desktop'), tile('mine', 'desktop', true)]
  assert.deepEqual(chooseLayout(cameras, undefined), { kind: 'grid' })
  assert.deepEqual(chooseLayout(screens, undefined), { kind: 'stage', stageId: 's2' })
  assert.deepEqual(chooseLayout(screens, 'ada'), { kind: 'stage', stageId: 'ada' })
  assert.deepEqual(chooseLayout(cameras, 'gone'), { kind: 'grid' })
  assert.deepEqual(chooseLayout([...cameras, tile('mine', 'desktop', true)], undefined), { kind: 'grid' })
})
