import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Toasts } from './toasts.ts'

/** Timers that run when the test says so. */
function virtualTime() {
  let now = 0
  let timers: { at: number; callback: () => void }[] = []
  return {
    setTimer(delayMs: number, callback: () => void) {
      const timer = { at: now + delayMs, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    advance(ms: number) {
      now += ms
      for (const timer of timers.filter(({ at }) => at <= now)) timer.callback()
      timers = timers.filter(({ at }) => at > now)
    },
    pending: () => timers.length,
  }
}

function open() {
  const time = virtualTime()
  const toasts = new Toasts(time.setTimer)
  return { time, toasts, texts: () => toasts.store.getState().map(({ text }) => text) }
}

test('a notice goes away by itself, a warning later', () => {
  const { time, toasts, texts } = open()
  toasts.show('Hello')
  toasts.show('Careful', 'warning')
  time.advance(4000)
  assert.deepEqual(texts(), ['Careful'])
  time.advance(4000)
  assert.deepEqual(texts(), [])
})

test('a crowd arriving is one line', () => {
  const { time, toasts, texts } = open()
  for (const name of ['Ada', 'Bob', 'Cyd']) toasts.showName(name, 'joined')
  toasts.showName('Dan', 'left')
  assert.deepEqual(texts(), ['Ada and 2 others joined', 'Dan left'])
  time.advance(4000)
  toasts.showName('Eve', 'joined')
  assert.deepEqual(texts(), ['Eve joined'])
})

test('old notices give way to new ones', () => {
  const { toasts, texts } = open()
  for (const text of ['1', '2', '3', '4']) toasts.show(text)
  assert.deepEqual(texts(), ['2', '3', '4'])
})

test('closing leaves no timer behind', () => {
  const { time, toasts, texts } = open()
  toasts.show('Hello')
  toasts.showName('Ada', 'joined')
  toasts.close()
  assert.equal(time.pending(), 0)
  assert.deepEqual(texts(), [])
})
