import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Emitter } from './emitter.ts'

test('a listener that throws is reported, the others run, and it stays', () => {
  const errors: unknown[] = []
  const heard: string[] = []
  const emitter = new Emitter<{ spoke: [text: string] }>((error) => errors.push(error))
  emitter.subscribe('spoke', () => {
    throw new Error('ouch')
  })
  const stop = emitter.subscribe('spoke', (text) => heard.push(text))
  emitter.emit('spoke', 'one')
  stop()
  stop()
  emitter.emit('spoke', 'two')
  assert.deepEqual(heard, ['one'])
  assert.equal(errors.length, 2)
  assert.equal(emitter.hasListeners('spoke'), true)
})

test('one function subscribed twice hears twice', () => {
  let count = 0
  const listener = () => count++
  const emitter = new Emitter<{ rang: [] }>(() => undefined)
  const stop = emitter.subscribe('rang', listener)
  emitter.subscribe('rang', listener)
  emitter.emit('rang')
  stop()
  emitter.emit('rang')
  assert.equal(count, 3)
})
