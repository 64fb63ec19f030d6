/** B19: latency does not depend on the JavaScript thread: the same while it is blocked 200 ms of every 250, or computes. */
import { type Benchmark, type Figure, median } from '../benchmark.ts'
import { latencyFigure, type LatencyFigures, measureLatency } from '../latency.ts'
import { openRoom, sleep } from '../room.ts'
import { smoothTenThousand as workload } from '../workload.ts'

export const benchmark: Benchmark = {
  id: 'B19',
  title: 'latency while JavaScript is blocked',
  async run({ rounds, secondsPerRound, progress }) {
    progress(`${workload.title}: JavaScript thread free, blocked, computing`)
    const bench = await openRoom(workload)
    const results = new Map<string, LatencyFigures[]>(javascriptLoads.map(([name]) => [name, []]))
    try {
      await sleep(2_000)
      for (let round = 0; round < rounds; round++) {
        for (const [name, how, blockMs] of javascriptLoads) {
          await bench.server.call.blockJavaScript(how, blockMs, 250)
          results.get(name)?.push(await measureLatency(bench, secondsPerRound))
        }
      }
      await bench.server.call.blockJavaScript('waiting', 0, 0)
    } finally {
      await bench.close()
    }
    const figures = javascriptLoads.flatMap(([name]): Figure[] => {
      const figure = latencyFigure(workload, results.get(name) ?? [], 'p99Us')
      return [{ ...figure, what: `${figure.what}, ${name}` }]
    })
    const p99 = (name: string) => median((results.get(name) ?? []).map((round) => round.p99Us))
    // below the width of a bucket and the noise of a run there is nothing to see
    const change = p99('blocked') / p99('free')
    return [
      ...figures,
      { what: `${workload.name}: p99 blocked / free`, unit: '×', value: change, bar: 1.5, goal: 1.15 },
    ]
  },
}

/** What the server's JavaScript thread does. A computing one takes one of the machine's cores from the engine and the load. */
const javascriptLoads = [
  ['free', 'waiting', 0],
  ['blocked', 'waiting', 200],
  ['computing', 'busy', 200],
] as const
