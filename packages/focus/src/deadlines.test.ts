import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Deadlines } from './deadlines.ts'

test('waits end in order of time, each once, whatever they start', () => {
  const deadlines = new Deadlines()
  const ended: string[] = []
  deadlines.set('late', 30, () => ended.push('late'))
  deadlines.set('early', 10, () => {
    ended.push('early')
    deadlines.set('at once', 10, () => ended.push('at once'))
  })
  deadlines.set('never', 20, () => ended.push('never'))
  deadlines.clear('never')
  assert.deepEqual(deadlines.next(), { at: 10, reason: 'early' })
  deadlines.runDue(9)
  assert.deepEqual(ended, [])
  deadlines.runDue(30)
  assert.deepEqual(ended, ['early', 'at once', 'late'])
  assert.equal(deadlines.next(), undefined)
})

test('a second wait of the same name replaces the first', () => {
  const deadlines = new Deadlines()
  const ended: number[] = []
  deadlines.set('x', 10, () => ended.push(1))
  deadlines.set('x', 20, () => ended.push(2))
  deadlines.runDue(15)
  assert.deepEqual(ended, [])
  deadlines.runDue(20)
  assert.deepEqual(ended, [2])
})
