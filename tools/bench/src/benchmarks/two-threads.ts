/**
 * B18: what a second thread brings, with two rooms and with one. Throughput cannot be doubled where load and server share two
 * cores; so it is told from CPU time: the busiest thread is what limits, and speed-up is what it takes for a packet, of all
 * that are forwarded, with one thread over the same with two.
 */
import { type Benchmark, type Figure, median, range } from '../benchmark.ts'
import { readThreadTimes } from '../process-usage.ts'
import { openRoom, sleep } from '../room.ts'
import { videoFanOut, videoRooms, type Workload } from '../workload.ts'

export const benchmark: Benchmark = {
  id: 'B18',
  title: 'two threads',
  async run(options) {
    const { rounds, secondsPerRound } = options
    const figures: Figure[] = []
    for (const { workload, bar, goal } of cases) {
      options.progress(`${workload.title}: one thread and two`)
      const one = await measureThreads(workload, 1, rounds, secondsPerRound)
      const two = await measureThreads(workload, 2, rounds, secondsPerRound)
      const speedUps = two.map(({ busiestUs }, round) => (one[round]?.busiestUs ?? Number.NaN) / busiestUs)
      const isShared = median(two.map(({ secondShare }) => secondShare)) > 0.1
      figures.push({
        what: `${workload.name}: speed-up`,
        unit: '×',
        value: isShared ? median(speedUps) : undefined,
        ...(isShared ? { range: range(speedUps) } : { note: 'the engine leaves this to one thread' }),
        ...(bar !== undefined && { bar }),
        ...(goal !== undefined && { goal }),
        better: 'higher',
      })
    }
    return figures
  },
}

interface ThreadsRound {
  /** CPU time of the busiest thread for each packet that was forwarded by all. */
  readonly busiestUs: number
  /** Of the second busiest, of what the two took. */
  readonly secondShare: number
}

async function measureThreads(
  workload: Workload,
  threads: number,
  rounds: number,
  seconds: number,
): Promise<ThreadsRound[]> {
  const { server, load, close } = await openRoom(workload, { threads })
  try {
    await sleep(2_000)
    const results: ThreadsRound[] = []
    for (let round = 0; round < rounds; round++) {
      await load.call.takeReceived()
      const before = readThreadTimes(server.pid)
      await sleep(seconds * 1000)
      const after = readThreadTimes(server.pid)
      const { packets } = await load.call.takeReceived()
      const taken = [...after]
        .filter(([, { name }]) => name.startsWith('parley-media'))
        .map(([id, { us }]) => us - (before.get(id)?.us ?? 0))
        .sort((a, b) => b - a)
      const [busiest = 0, second = 0] = taken
      results.push({ busiestUs: busiest / packets, secondShare: second / (busiest + second) })
    }
    return results
  } finally {
    await close()
  }
}

const cases: readonly { readonly workload: Workload; readonly bar?: number; readonly goal?: number }[] = [
  { workload: videoRooms(2, 50), bar: 1.7 },
  { workload: videoFanOut(100), goal: 1.6 },
]
