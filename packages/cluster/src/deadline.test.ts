import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callWithDeadline } from './deadline.ts'
import { done, refused } from './outcome.ts'
import type { Outcome } from './outcome.ts'

/** A deadline that expires when told to. */
function deadline() {
  const state = { expire: () => {}, isCancelled: false, delayMs: 0 }
  const after = (delayMs: number, run: () => void) => {
    state.delayMs = delayMs
    state.expire = run
    return () => {
      state.isCancelled = true
    }
  }
  return { state, options: { timeoutMs: 5000, what: 'bridge: createEndpoint', after } }
}

test('an answer passes through and ends the wait', async () => {
  const { state, options } = deadline()
  assert.deepEqual(await callWithDeadline(async () => done(7), options), done(7))
  assert.deepEqual(await callWithDeadline(async () => refused('full', 'no room'), options), refused('full', 'no room'))
  assert.equal(state.isCancelled, true)
  assert.equal(state.delayMs, 5000)
})

test('a failing call is unreachable with its message', async () => {
  const { state, options } = deadline()
  const expected = { kind: 'unreachable', message: 'bridge: createEndpoint: gone' }
  assert.deepEqual(await callWithDeadline(() => Promise.reject(new Error('gone')), options), expected)
  const throwing = () => {
    throw new Error('gone')
  }
  assert.deepEqual(await callWithDeadline(throwing, options), expected)
  assert.equal(state.isCancelled, true)
})

test('a silent call is unreachable at the deadline, and a late answer is dropped', async () => {
  const { state, options } = deadline()
  let answer: (outcome: Outcome<number>) => void = () => {}
  const outcome = callWithDeadline(() => new Promise<Outcome<number>>((resolve) => (answer = resolve)), options)
  state.expire()
  answer(done(1))
  const message = 'bridge: createEndpoint: no answer within 5000 ms'
  assert.deepEqual(await outcome, { kind: 'unreachable', message })
})
