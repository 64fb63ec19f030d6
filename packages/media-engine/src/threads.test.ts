import assert from 'node:assert/strict'
import { test } from 'node:test'
import { maxThreads, threadDigit, threadForRoom } from './threads.ts'

const room = (thread: number, ...forwarded: number[]) => ({
  thread,
  transports: { size: forwarded.length },
  forwarded: new Map(forwarded.map((sources, receiver) => [receiver, sources])),
})

test('empty rooms take turns', () => {
  assert.equal(threadForRoom([], 3), 0)
  assert.equal(threadForRoom([room(0)], 3), 1)
  assert.equal(threadForRoom([room(0), room(1), room(2)], 3), 0)
})

test('a new room goes where least is forwarded, however many rooms there are', () => {
  assert.equal(threadForRoom([room(0, 9, 9, 9), room(1, 1, 1), room(1, 1, 1)], 2), 1)
  assert.equal(threadForRoom([room(0, 1, 1), room(1, 20, 20)], 2), 0)
})

test('every thread has a digit of its own that ICE allows', () => {
  const digits = Array.from({ length: maxThreads }, (_, thread) => threadDigit(thread))
  assert.equal(new Set(digits).size, 64)
  assert.ok(digits.every((digit) => /^[A-Za-z0-9+/]$/.test(digit)))
})
