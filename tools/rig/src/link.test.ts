/** The relay's model of a wire, through `relay simulate`: virtual time, no rights needed. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { before, test } from 'node:test'
import type { Conditions } from './conditions.ts'
import { formatConditions } from './conditions.ts'
import { relayProgram } from './io/relay-program.ts'
import { whyNoRelay } from './io/requirements.ts'

const why = whyNoRelay()
const options = why === undefined ? {} : { skip: why }
let program: string
before(async () => {
  if (why === undefined) program = await relayProgram()
})

interface Packet {
  readonly sentUs: number
  readonly fate: string
  readonly arrivals: readonly number[]
}

/** Packets of `sizeBytes` at even distances under the same conditions. */
function send(
  conditions: Partial<Conditions>,
  {
    count,
    everyUs = 1000,
    sizeBytes = 1000,
    seed = 1,
  }: Record<'count', number> & Partial<Record<'everyUs' | 'sizeBytes' | 'seed', number>>,
): Packet[] {
  const packets = Array.from({ length: count }, (_, index) => `packet ${index * everyUs} ${sizeBytes}\n`)
  const input = `impair ${formatConditions(conditions)}\n${packets.join('')}`
  const lines = execFileSync(program, ['simulate', String(seed)], { input, encoding: 'utf8' })
    .trim()
    .split('\n')
  return lines.map((line, index) => {
    const [fate = '', ...arrivals] = line.split(' ')
    return { sentUs: index * everyUs, fate, arrivals: arrivals.map(Number) }
  })
}

const share = (packets: readonly Packet[], fate: string): number =>
  packets.filter((packet) => packet.fate === fate).length / packets.length
const delays = (packets: readonly Packet[]): number[] =>
  packets.flatMap(({ sentUs, arrivals }) => arrivals.map((at) => at - sentUs))

test('a perfect wire delivers everything at once', options, () => {
  const packets = send({}, { count: 100 })
  assert.equal(share(packets, 'delivered'), 1)
  assert.deepEqual(new Set(delays(packets)), new Set([0]))
})

test('delay and jitter stay within their bounds and keep the order', options, () => {
  const apart = delays(send({ delayMs: 50, jitterMs: 20 }, { count: 2000, everyUs: 20_000 }))
  assert.ok(Math.min(...apart) >= 50_000 && Math.max(...apart) <= 70_000)
  assert.ok(Math.max(...apart) - Math.min(...apart) > 18_000)
  const packets = send({ delayMs: 50, jitterMs: 20 }, { count: 2000 })
  assert.ok(Math.max(...delays(packets)) <= 70_000)
  const arrivals = packets.flatMap((packet) => packet.arrivals)
  assert.deepEqual(
    arrivals,
    arrivals.toSorted((a, b) => a - b),
  )
})

test('random loss has its ratio, and the same seed loses the same packets', options, () => {
  const packets = send({ lossRatio: 0.05 }, { count: 20_000 })
  assert.ok(Math.abs(share(packets, 'lost') - 0.05) < 0.01)
  assert.deepEqual(packets, send({ lossRatio: 0.05 }, { count: 20_000 }))
  assert.notDeepEqual(packets, send({ lossRatio: 0.05 }, { count: 20_000, seed: 2 }))
})

test('bursts have their ratio and their mean length', options, () => {
  const packets = send({ lossRatio: 0.1, lossBurstPackets: 5 }, { count: 40_000 })
  const lost = share(packets, 'lost')
  assert.ok(Math.abs(lost - 0.1) < 0.02, `${lost}`)
  const runs = packets.filter(({ fate }, index) => fate === 'lost' && packets[index - 1]?.fate !== 'lost').length
  const meanRun = (lost * packets.length) / runs
  assert.ok(Math.abs(meanRun - 5) < 0.7, `${meanRun}`)
})

test('a rate spaces packets, and what would wait longer than the queue is dropped', options, () => {
  // 8 Mbit/s offered to 4: half fits.
  const packets = send({ rateBps: 4_000_000, queueMs: 100 }, { count: 4000 })
  assert.ok(Math.abs(share(packets, 'queue-full') - 0.5) < 0.03)
  const arrivals = packets.flatMap((packet) => packet.arrivals)
  assert.ok(arrivals.every((at, index) => index === 0 || at - (arrivals[index - 1] ?? 0) >= 2000))
  // the wait and then the packet itself
  assert.ok(Math.max(...delays(packets)) <= 102_000)
  assert.ok(Math.max(...delays(packets)) >= 98_000)
})

test('what was lost takes no place in the queue', options, () => {
  const packets = send({ rateBps: 8_000_000, queueMs: 50, lossRatio: 0.5 }, { count: 2000 })
  assert.equal(share(packets, 'queue-full'), 0)
})

test('reordered packets are overtaken, the others keep their time', options, () => {
  const packets = send({ delayMs: 10, reorderRatio: 0.1, reorderByMs: 30 }, { count: 5000 })
  const late = delays(packets).filter((delay) => delay === 40_000).length
  assert.ok(Math.abs(late / packets.length - 0.1) < 0.02)
  assert.equal(delays(packets).filter((delay) => delay === 10_000).length, packets.length - late)
})

test('duplicates arrive twice', options, () => {
  const packets = send({ duplicateRatio: 0.2 }, { count: 5000 })
  const twice = packets.filter(({ arrivals }) => arrivals.length === 2).length
  assert.ok(Math.abs(twice / packets.length - 0.2) < 0.03)
})

test('nothing passes an outage', options, () => {
  assert.equal(share(send({ isDown: true }, { count: 50 }), 'outage'), 1)
})

test('conditions that no wire has are refused with every mistake named', () => {
  assert.throws(
    () => formatConditions({ lossRatio: 1.5, delayMs: -1, rateBps: Number.NaN }),
    (error: Error & { reason?: string }) =>
      error.reason === 'bad-conditions' &&
      ['lossRatio', 'delayMs', 'rateBps'].every((name) => error.message.includes(name)),
  )
})
