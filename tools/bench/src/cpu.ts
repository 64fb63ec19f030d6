/**
 * CPU time of the server per forwarded packet, beside the floor of the same run.
 *
 * CPU time is the server process's, all threads, user and system. Packets are those that arrived and were authenticated at
 * the receivers. Rounds of ours and of the floor alternate; the figures are medians of the rounds.
 */
import { type BenchmarkOptions, type Figure, median, range } from './benchmark.ts'
import { cpuBetween } from './process-usage.ts'
import { type Bench, openRoom, sleep } from './room.ts'
import { startRemote } from './remote.ts'
import { forwardedPerSecond, forwardedStreams, type Workload } from './workload.ts'

export interface CpuRound {
  readonly oursUs: number
  readonly floorUs: number
  readonly packetsPerSecond: number
  /** Share of the packets due that arrived. */
  readonly delivered: number
}

export interface CpuLimits {
  readonly barUs?: number
  readonly goalUs?: number
  readonly barRatio?: number
}

export async function measureCpu(workload: Workload, options: BenchmarkOptions): Promise<CpuRound[]> {
  const { rounds, secondsPerRound, progress } = options
  progress(`${workload.title}: ${rounds} rounds of ${secondsPerRound} s`)
  const floor = await startFloor(workload)
  const bench = await openRoom(workload)
  const results: CpuRound[] = []
  try {
    await sleep(2_000)
    for (let round = 0; round < rounds; round++) {
      const ours = await measureRound(bench, workload, secondsPerRound)
      // each has the machine to itself, one right after the other
      bench.pause()
      const result = { ...ours, floorUs: await floor.measure(secondsPerRound) }
      bench.resume()
      await sleep(settleMs)
      results.push(result)
      progress(
        `  round ${round + 1}: ours ${result.oursUs.toFixed(2)} µs, floor ${result.floorUs.toFixed(2)} µs a packet`,
      )
    }
    return results
  } finally {
    await bench.close()
    await floor.close()
  }
}

export async function measureRound(
  { server, load }: Pick<Bench, 'server' | 'load'>,
  workload: Workload,
  seconds: number,
): Promise<Omit<CpuRound, 'floorUs'>> {
  await load.call.takeReceived()
  const before = await server.call.cpu()
  const start = performance.now()
  await sleep(seconds * 1000)
  const after = await server.call.cpu()
  const { packets } = await load.call.takeReceived()
  const passed = (performance.now() - start) / 1000
  return {
    oursUs: cpuBetween(before, after) / packets,
    packetsPerSecond: packets / passed,
    delivered: packets / (forwardedPerSecond(workload) * passed),
  }
}

export function cpuFigures(workload: Workload, rounds: readonly CpuRound[], limits: CpuLimits = {}): Figure[] {
  const ours = rounds.map((round) => round.oursUs)
  const ratios = rounds.map((round) => round.oursUs / round.floorUs)
  const packets = median(rounds.map((round) => round.packetsPerSecond))
  const delivered = median(rounds.map((round) => round.delivered))
  return [
    {
      what: `${workload.name}: CPU a forwarded packet`,
      unit: 'µs',
      value: median(ours),
      range: range(ours),
      floor: median(rounds.map((round) => round.floorUs)),
      ratio: median(ratios),
      ...(limits.barUs !== undefined && { bar: limits.barUs }),
      ...(limits.goalUs !== undefined && { goal: limits.goalUs }),
      note: `${packets.toFixed(0)} packets/s, ${(delivered * 100).toFixed(1)} % arrived`,
    },
    {
      what: `${workload.name}: ours / floor`,
      unit: '×',
      value: median(ratios),
      range: range(ratios),
      ...(limits.barRatio !== undefined && { bar: limits.barRatio }),
    },
  ]
}

/** Every stream of the workload in turn, weighted by its packets: as many of its size as leave, encrypted and sent one by one. */
export async function startFloor(workload: Workload) {
  const streams = forwardedStreams(workload)
  const sinkCount = Math.min(maxSinks, Math.max(...streams.map(({ copies }) => copies)))
  const sinks = await startRemote<typeof import('./floor-sinks.ts')>(new URL('./floor-sinks.ts', import.meta.url))
  const floor = await startRemote<typeof import('./floor.ts')>(new URL('./floor.ts', import.meta.url))
  const ports = await sinks.call.open(sinkCount)
  return {
    async measure(seconds: number): Promise<number> {
      let packets = 0
      let micros = 0
      for (const { shape, copies } of streams) {
        // as many copies at a time as one sender's frame makes, as often as frames come
        const atOnce = Math.min(copies, sinkCount)
        const framesPerSecond = (shape.packetsPerSecond / shape.burst) * (copies / atOnce)
        const result = await floor.call.measure({
          intervalUs: Math.round(1_000_000 / framesPerSecond),
          burst: shape.burst,
          payloadBytes: shape.payloadBytes,
          ports,
          copies: atOnce,
          durationMs: Math.round((seconds * 1000) / streams.length),
        })
        const weight = shape.packetsPerSecond * copies
        micros += ((result.userUs + result.systemUs) / result.packets) * weight
        packets += weight
      }
      return micros / packets
    },
    async close() {
      await floor.close()
      await sinks.close()
    },
  }
}

const maxSinks = 100
/** After a pause: what was left undone is made up for, and caches are warm again. */
export const settleMs = 700
