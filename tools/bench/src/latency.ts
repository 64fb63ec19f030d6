/** Age of packets when they reach the receivers' program: from being made by the sender, over the server. */
import { type BenchmarkOptions, type Figure, median } from './benchmark.ts'
import { type Bench, openRoom, sleep } from './room.ts'
import { forwardedPerSecond, type Workload } from './workload.ts'

export interface LatencyFigures {
  readonly packetsPerSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
}

export async function measureLatency(bench: Bench, seconds: number): Promise<LatencyFigures> {
  await bench.load.call.takeReceived()
  const start = performance.now()
  await sleep(seconds * 1000)
  const { packets, p50Us, p99Us, p999Us } = await bench.load.call.takeReceived()
  // the answer of a load that cannot keep up comes late
  const passed = (performance.now() - start) / 1000
  return { packetsPerSecond: packets / passed, p50Us, p99Us, p999Us }
}

/** Rounds of the workload alone. */
export async function latencyRounds(workload: Workload, options: BenchmarkOptions): Promise<LatencyFigures[]> {
  options.progress(`${workload.title}: latency`)
  const bench = await openRoom(workload)
  try {
    await sleep(2_000)
    const rounds: LatencyFigures[] = []
    for (let round = 0; round < options.rounds; round++) {
      rounds.push(await measureLatency(bench, options.secondsPerRound))
    }
    return rounds
  } finally {
    await bench.close()
  }
}

export interface LatencyLimit {
  readonly barMs: number
  readonly goalMs: number
}

export type Quantile = 'p50Us' | 'p99Us' | 'p999Us'

export function latencyFigure(
  workload: Workload,
  rounds: readonly LatencyFigures[],
  quantile: Quantile,
  limit?: LatencyLimit,
): Figure {
  const values = rounds.map((round) => round[quantile] / 1000).sort((a, b) => a - b)
  const due = forwardedPerSecond(workload)
  const carried = median(rounds.map((round) => round.packetsPerSecond))
  const what = `${workload.name}: ${quantileNames[quantile]}`
  // a queue that only grows has no latency
  if (Math.abs(carried / due - 1) > tolerance) {
    const note = `${carried.toFixed(0)} packets/s arrived where ${due.toFixed(0)} were due: the machine is too busy`
    return { what, unit: 'ms', value: undefined, note }
  }
  const middle = values[Math.floor((values.length - 1) / 2)] ?? Number.NaN
  return {
    what,
    unit: 'ms',
    value: middle,
    range: [values[0] ?? Number.NaN, values.at(-1) ?? Number.NaN],
    ...(limit && { bar: limit.barMs, goal: limit.goalMs }),
    note: `${carried.toFixed(0)} packets/s`,
  }
}

const quantileNames = { p50Us: 'p50', p99Us: 'p99', p999Us: 'p99.9' } as const

const tolerance = 0.15
