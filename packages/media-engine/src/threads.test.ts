import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idlestThread, maxThreads, partForNext, partSize, threadDigit } from './threads.ts'

const room = (thread: number, ...forwarded: number[]) => ({
  thread,
  transports: { size: forwarded.length },
  forwarded: new Map(forwarded.map((sources, receiver) => [receiver, sources])),
})

test('empty rooms take turns', () => {
  assert.equal(idlestThread([], 3), 0)
  assert.equal(idlestThread([room(0)], 3), 1)
  assert.equal(idlestThread([room(0), room(1), room(2)], 3), 0)
})

test('a new room goes where least is forwarded, however many rooms there are', () => {
  assert.equal(idlestThread([room(0, 9, 9, 9), room(1, 1, 1), room(1, 1, 1)], 2), 1)
  assert.equal(idlestThread([room(0, 1, 1), room(1, 20, 20)], 2), 0)
})

test('a room takes another thread for each so many participants, and fills them evenly', () => {
  const sizes = new Map<number, number>()
  const join = () => {
    const parts = [...sizes].map(([thread, size]) => ({ ...room(thread), transports: { size } }))
    const part = partForNext(parts, 3)
    const thread = part?.thread ?? idlestThread(parts, 3, sizes)
    sizes.set(thread, (sizes.get(thread) ?? 0) + 1)
  }
  for (let i = 0; i < partSize; i++) join()
  assert.deepEqual([...sizes], [[0, partSize]])
  join()
  assert.deepEqual(
    [...sizes],
    [
      [0, partSize],
      [1, 1],
    ],
  )
  for (let i = 0; i < partSize * 5; i++) join()
  assert.deepEqual([...sizes.keys()], [0, 1, 2])
  assert.ok(Math.max(...sizes.values()) - Math.min(...sizes.values()) <= 1, [...sizes.values()].join())
})

test('every thread has a digit of its own that ICE allows', () => {
  const digits = Array.from({ length: maxThreads }, (_, thread) => threadDigit(thread))
  assert.equal(new Set(digits).size, 64)
  assert.ok(digits.every((digit) => /^[A-Za-z0-9+/]$/.test(digit)))
})
