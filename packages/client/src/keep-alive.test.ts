import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle, VirtualClock } from '../test/virtual-clock.ts'
import { ClientError } from './errors.ts'
import { KeepAlive } from './keep-alive.ts'

/** A server that answers while `isAnswering`, and the times of its questions and of its death. */
function watch() {
  const clock = new VirtualClock()
  const startedAt = clock.now()
  const pings: number[] = []
  const deaths: number[] = []
  const server = { isAnswering: true }
  const keepAlive = new KeepAlive({
    clock,
    domain: 'meet.example',
    request: (iq, timeoutMs) => {
      pings.push(clock.now() - startedAt)
      if (server.isAnswering) return Promise.resolve(iq)
      return new Promise((_, reject) => {
        clock.setTimer(timeoutMs, () => reject(new ClientError('timeout', 'no answer')))
      })
    },
    onDead: () => deaths.push(clock.now() - startedAt),
  })
  return { clock, keepAlive, server, pings, deaths }
}

test('a silent server is asked after 10 s and given up after two questions', async () => {
  const { clock, server, pings, deaths } = watch()
  server.isAnswering = false
  await clock.advance(60_000)
  assert.deepEqual(pings, [10_000, 25_000])
  assert.deepEqual(deaths, [30_000])
})

test('a suspicion is settled within 6 s', async () => {
  const { clock, keepAlive, server, pings, deaths } = watch()
  await clock.advance(4000)
  server.isAnswering = false
  keepAlive.check(2)
  await clock.advance(60_000)
  assert.deepEqual(pings, [4000, 7000])
  assert.deepEqual(deaths, [10_000])
})

test('suspicions that come together are one question', async () => {
  const { clock, keepAlive, server, pings, deaths } = watch()
  server.isAnswering = false
  keepAlive.check(3)
  keepAlive.check(3)
  await clock.advance(1000)
  keepAlive.check(2)
  keepAlive.check(3)
  assert.deepEqual(pings, [0])
  await clock.advance(20_000)
  assert.deepEqual(pings, [0, 3000])
  assert.deepEqual(deaths, [6000], 'the strongest counts')
})

test('a suspicion does not wait for the question that is under way, and its late failure does not count', async () => {
  const { clock, keepAlive, server, pings, deaths } = watch()
  server.isAnswering = false
  await clock.advance(11_000)
  server.isAnswering = true
  keepAlive.check(2)
  await clock.advance(20_000)
  assert.deepEqual(pings, [10_000, 11_000, 21_000, 31_000])
  assert.deepEqual(deaths, [])
})

test('whatever is heard while asking is a sign of life', async () => {
  const { clock, keepAlive, server, pings, deaths } = watch()
  server.isAnswering = false
  keepAlive.check(2)
  await clock.advance(3500)
  keepAlive.heard()
  server.isAnswering = true
  await clock.advance(3000)
  assert.deepEqual(pings, [0, 3000, 6000])
  assert.deepEqual(deaths, [])
  await clock.advance(9000)
  assert.equal(pings.length, 3, 'the usual pace again')
})

test('after closing nothing is asked and nobody is told', async () => {
  const { clock, keepAlive, server, pings, deaths } = watch()
  server.isAnswering = false
  keepAlive.check(2)
  keepAlive.close()
  keepAlive.check(2)
  await clock.advance(60_000)
  await settle()
  assert.deepEqual(pings, [0])
  assert.deepEqual(deaths, [])
})
