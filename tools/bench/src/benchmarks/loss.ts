/**
 * B11: every packet in either direction of either leg is lost with 5 %, the round trip of a leg is 50 ms, and a receiver
 * waits 250 ms. What was not repaired by then is lost to the eye.
 */
import type { Benchmark } from '../benchmark.ts'
import { startRemote } from '../remote.ts'
import { openBench, publish, remoteOf, sleep, subscribe, waitFor } from '../room.ts'
import { rtpParameters, videoFanOut } from '../workload.ts'

export const benchmark: Benchmark = {
  id: 'B11',
  title: '5 % loss each way, 50 ms',
  async run({ rounds, secondsPerRound, progress }) {
    const seconds = Math.max(minimumSeconds, rounds * secondsPerRound)
    progress(`1 sender, ${receivers} receivers, ${seconds} s of loss`)
    const bench = await openBench()
    const paths = await startRemote<typeof import('../impaired-path.ts')>(
      new URL('../impaired-path.ts', import.meta.url),
    )
    const { server, load } = bench
    try {
      const { port, fingerprint } = await server.call.describe()
      const ports = await paths.call.open(1 + receivers, port, delayMs, 20_260)
      const near = await server.call.createTransports(await server.call.createRoom(), ports.length)
      const people = []
      for (const [index, transport] of near.entries()) {
        const candidate = { ip: '127.0.0.1', port: ports[index] ?? 0 }
        const created = await load.call.createClient({ iceRole: 'controlled', candidate, parameters: rtpParameters })
        await server.call.connect([
          { id: transport.id, remote: remoteOf(created.transport, created.fingerprint, 'active') },
        ])
        await load.call.connect([{ id: created.transport.id, remote: remoteOf(transport, fingerprint, 'passive') }])
        people.push({ transport, client: created.transport })
      }
      await waitFor(async () => (await server.call.connectedCount()) === ports.length, 20_000, 'everybody to connect')
      const [sender, ...others] = people
      if (!sender) throw new Error('nobody joined')
      const source = await publish(bench, sender, 'video', videoFanOut(1).video ?? [], 0)
      for (const person of others) await subscribe(bench, person, [{ source, maxEncoding: 0 }])
      await sleep(2_000)

      const { p50Us: baseUs } = await load.call.takeReceived()
      const before = await server.call.stats()
      await paths.call.impair({ loss })
      await sleep(seconds * 1000)
      await paths.call.impair({ loss: 0 })
      // what was lost last is repaired, or given up
      await sleep(1_000)
      const after = await server.call.stats()
      const { packets, missing, olderShares } = await load.call.takeReceived({
        agesUs: [baseUs + 25_000, baseUs + playOutUs],
        keep: true,
      })
      const [repaired = 0, late = 0] = olderShares
      const quantiles = await load.call.takeReceived({ quantiles: [1 - 0.05 * repaired, 1 - 0.5 * repaired] })
      const [p95 = 0, median = 0] = quantiles.quantilesUs
      const retransmitted = (stats: typeof after) =>
        stats.transports.reduce((sum, transport) => sum + transport.retransmitted, 0)
      return [
        {
          what: 'missing, or later than 250 ms',
          unit: '%',
          value: ((missing + late * packets) / (packets + missing)) * 100,
          bar: 0.05,
          goal: 0.01,
          note: `${missing} of ${packets + missing} never came`,
        },
        {
          what: 'repair of a lost packet, p95',
          unit: 'ms',
          value: (p95 - baseUs) / 1000,
          bar: 160,
          goal: 110,
          note: `median ${((median - baseUs) / 1000).toFixed(0)} ms; ${(repaired * 100).toFixed(1)} % came late`,
        },
        {
          what: 'retransmissions / packets, to receivers',
          unit: '%',
          value: ((retransmitted(after) - retransmitted(before)) / (after.forwarded - before.forwarded)) * 100,
          bar: 8,
          goal: 6.5,
        },
      ]
    } finally {
      await bench.close()
      await paths.close()
    }
  },
}

const receivers = 8
const delayMs = 25
const loss = 0.05
const playOutUs = 250_000
const minimumSeconds = 20
