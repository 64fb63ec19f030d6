/**
 * B15: junk at the media port from sources that nobody knows: datagrams whose first byte goes through all values (so that
 * they look like STUN, DTLS, RTP and nothing in turn), and well-formed STUN requests with false credentials from 64 addresses.
 */
import { type Benchmark, median, range } from '../benchmark.ts'
import { measureLatency } from '../latency.ts'
import { cpuBetween } from '../process-usage.ts'
import { startRemote } from '../remote.ts'
import { openRoom, sleep } from '../room.ts'
import { smoothTenThousand as workload, videoFanOut } from '../workload.ts'

export const benchmark: Benchmark = {
  id: 'B15',
  title: 'hostile traffic',
  async run(options) {
    options.progress(`${junkPerSecond + stunPerSecond} packets of junk a second`)
    const costs = await measureCosts(options.rounds, options.secondsPerRound)
    const { quiet, flooded } = await measureEffect(options.rounds, options.secondsPerRound)
    return [
      {
        what: 'CPU a dropped packet',
        unit: 'µs',
        value: median(costs.map((cost) => cost.us)),
        range: range(costs.map((cost) => cost.us)),
        bar: 2.5,
        goal: 1.5,
        note: `${median(costs.map((cost) => cost.perSecond)).toFixed(0)} dropped/s`,
      },
      {
        what: `${workload.name}: p99 with junk / without`,
        unit: '×',
        value: median(flooded) / median(quiet),
        bar: 2,
        note: `${(median(flooded) / 1000).toFixed(2)} and ${(median(quiet) / 1000).toFixed(2)} ms`,
      },
    ]
  },
}

/** A room of two that says nothing, so that all CPU time is the junk's. */
async function measureCosts(rounds: number, seconds: number): Promise<{ us: number; perSecond: number }[]> {
  const { video: _silent, ...empty } = videoFanOut(1)
  const { server, close } = await openRoom(empty)
  const flood = await startFlood((await server.call.describe()).port)
  try {
    await sleep(500)
    const costs: { us: number; perSecond: number }[] = []
    for (let round = 0; round < rounds; round++) {
      const before = { cpu: await server.call.cpu(), drops: total((await server.call.stats()).drops) }
      await flood.run(seconds)
      const after = { cpu: await server.call.cpu(), drops: total((await server.call.stats()).drops) }
      const us = cpuBetween(before.cpu, after.cpu)
      costs.push({ us: us / (after.drops - before.drops), perSecond: (after.drops - before.drops) / seconds })
    }
    return costs
  } finally {
    await flood.close()
    await close()
  }
}

async function measureEffect(rounds: number, seconds: number): Promise<{ quiet: number[]; flooded: number[] }> {
  const bench = await openRoom(workload)
  const { port } = await bench.server.call.describe()
  const quiet: number[] = []
  const flooded: number[] = []
  try {
    await sleep(2_000)
    for (let round = 0; round < rounds; round++) {
      quiet.push((await measureLatency(bench, seconds)).p99Us)
      const flood = await startFlood(port)
      try {
        const [{ p99Us }] = await Promise.all([measureLatency(bench, seconds), flood.run(seconds)])
        flooded.push(p99Us)
      } finally {
        await flood.close()
      }
    }
    return { quiet, flooded }
  } finally {
    await bench.close()
  }
}

async function startFlood(port: number) {
  const stun = await startRemote<typeof import('../flood.ts')>(new URL('../flood.ts', import.meta.url))
  const junk = await startRemote<typeof import('../floor.ts')>(new URL('../floor.ts', import.meta.url))
  await stun.call.start(port, stunPerSecond, 64)
  return {
    run: (seconds: number) =>
      junk.call.measure({
        intervalUs: 1000,
        burst: 1,
        payloadBytes: 100,
        ports: [port],
        copies: junkPerSecond / 1000,
        durationMs: seconds * 1000,
      }),
    async close() {
      await stun.close()
      await junk.close()
    },
  }
}

function total(drops: Readonly<Record<string, number>>): number {
  return Object.values(drops).reduce((sum, count) => sum + count, 0)
}

const junkPerSecond = 95_000
const stunPerSecond = 5_000
