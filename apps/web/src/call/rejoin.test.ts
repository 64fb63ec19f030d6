import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { ClientError } from '@parley/client'
import { rejoin } from './rejoin.ts'

mock.method(console, 'warn', () => {})

/** The n-th attempt does what the n-th entry says; waits end when the test says so. */
function attempts(outcomes: readonly (ClientError | undefined)[], random = 1) {
  const waits: number[] = []
  const controller = new AbortController()
  let wake: (() => void) | undefined
  let online: (() => void) | undefined
  let entered = 0
  const outcome = rejoin({
    enter: async () => {
      const error = outcomes[Math.min(entered++, outcomes.length - 1)]
      if (error) throw error
    },
    setTimer: (delayMs, callback) => {
      waits.push(delayMs)
      wake = callback
      return () => {
        wake = undefined
      }
    },
    random: () => random,
    onOnline: (listener) => {
      online = listener
      return () => {
        online = undefined
      }
    },
    onAttempt: () => {},
    signal: controller.signal,
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return {
    waits,
    outcome,
    abort: () => controller.abort(),
    entered: () => entered,
    isWaiting: () => wake !== undefined || online !== undefined,
    async elapse(times = 1) {
      for (let index = 0; index < times; index++) {
        wake?.()
        await turn()
      }
    },
    async goOnline() {
      online?.()
      await turn()
    },
  }
}

const unreachable = new ClientError('unreachable', 'nobody there')

test('waits double up to 15 s', async () => {
  const { waits, outcome, elapse } = attempts([...Array<ClientError>(6).fill(unreachable), undefined])
  await elapse(7)
  assert.equal(await outcome, 'back')
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 15_000, 15_000, 15_000])
})

test('chance takes up to half of a wait away', async () => {
  const { waits, outcome, elapse } = attempts([unreachable, undefined], 0)
  await elapse(2)
  assert.equal(await outcome, 'back')
  assert.deepEqual(waits, [500, 1000])
})

test('after some minutes of failures it gives up', async () => {
  const { waits, outcome, elapse, entered } = attempts([unreachable], 0.5)
  await elapse(40)
  assert.equal(await outcome, 'exhausted')
  assert.equal(entered(), waits.length)
  const minutes = waits.reduce((sum, wait) => sum + wait) / 60_000
  assert.ok(minutes > 2 && minutes < 5, `${minutes} min`)
})

test('a network that comes back is tried at once, and with patience again', async () => {
  const { waits, outcome, elapse, goOnline, entered } = attempts([
    ...Array<ClientError>(6).fill(unreachable),
    undefined,
  ])
  await elapse(5)
  await goOnline()
  assert.equal(entered(), 6)
  await elapse(1)
  assert.equal(await outcome, 'back')
  assert.deepEqual(waits.slice(-2), [15_000, 2000])
})

test('a room that asks for a password or keeps us out is not asked again', async () => {
  for (const condition of ['not-authorized', 'forbidden', 'registration-required']) {
    const { outcome, elapse, entered } = attempts([new ClientError('join-refused', 'no', { condition })])
    await elapse(3)
    assert.equal(typeof (await outcome), 'object', condition)
    assert.equal(entered(), 1)
  }
})

test('leaving ends the wait and leaves nothing behind', async () => {
  const { outcome, abort, entered, isWaiting } = attempts([undefined])
  abort()
  assert.equal(await outcome, 'aborted')
  assert.equal(entered(), 0)
  assert.equal(isWaiting(), false)
})
