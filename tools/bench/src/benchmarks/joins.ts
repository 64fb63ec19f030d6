/**
 * B8: joins with the whole of signalling (TLS, WebSocket, XMPP, Jingle), ICE and DTLS, in rooms of four. Load and server share
 * the machine; so joins a second and core are told from CPU time of the server for a join, and how long a join takes from a
 * steady rate that leaves room.
 */
import { type Benchmark, median, range } from '../benchmark.ts'
import { startParley } from '../parley-process.ts'
import { cpuBetween } from '../process-usage.ts'
import { startRemote } from '../remote.ts'
import { sleep } from '../room.ts'

export const benchmark: Benchmark = {
  id: 'B8',
  title: 'joins, in rooms of four',
  async run({ rounds, progress }) {
    progress(`${rounds} rounds of ${joinsPerRound} joins, ${offeredPerSecond} a second`)
    const server = await startParley()
    const people = await startRemote<typeof import('../bots-load.ts')>(new URL('../bots-load.ts', import.meta.url))
    try {
      await people.call.open(server.origin)
      await people.call.join('warm', warmUpJoins, roomSize, warmUpPerSecond)
      await people.call.leaveAll()
      const perCore: number[] = []
      const p99: number[] = []
      const failures: string[] = []
      for (let round = 0; round < rounds; round++) {
        await sleep(1_000)
        const before = server.cpu()
        const { readyMs, joined, failed } = await people.call.join(
          `round-${round}`,
          joinsPerRound,
          roomSize,
          offeredPerSecond,
        )
        const after = server.cpu()
        await people.call.leaveAll()
        const seconds = cpuBetween(before, after) / 1_000_000
        perCore.push(joined / seconds)
        p99.push([...readyMs].sort((a, b) => a - b)[Math.ceil(readyMs.length * 0.99) - 1] ?? Number.NaN)
        failures.push(...failed)
        progress(
          `  round ${round + 1}: ${(joined / seconds).toFixed(0)} joins a second and core, ${failed.length} failed`,
        )
      }
      return [
        {
          what: 'joins a second and core',
          unit: '/s',
          value: median(perCore),
          range: range(perCore),
          bar: 80,
          goal: 200,
          better: 'higher',
          note: `${(1000 / median(perCore)).toFixed(1)} ms of CPU a join; ${failures.length} failed${failures[0] ? `: ${failures[0]}` : ''}`,
        },
        {
          what: `time to media, p99, at ${offeredPerSecond} joins/s`,
          unit: 'ms',
          value: median(p99),
          range: range(p99),
          bar: 1000,
        },
      ]
    } finally {
      await people.close()
      await server.close()
    }
  },
}

const roomSize = 4
const joinsPerRound = 40
const offeredPerSecond = 10
/** A server that has just been started compiles most of its time; what is meant is one that runs. */
const warmUpJoins = 160
const warmUpPerSecond = 20
