/**
 * `npm run bench -- forward`: CPU time of the server per forwarded packet, beside the floor of the same run, and the latency
 * that forwarding adds, with the JavaScript thread free and blocked.
 *
 * CPU time is the server process's, all threads, user and system. Packets are those that arrived and were authenticated at
 * the receivers. Rounds of ours and of the floor alternate; the figures are medians of the rounds.
 */
import { type BenchmarkOptions, runBenchmark } from '../command.ts'
import { openRoom, sleep } from '../room.ts'
import { startRemote } from '../remote.ts'
import { forwardedPerSecond, meshOfTen, oneToFifty, smoothTenThousand, type Workload } from '../workload.ts'

interface CpuFigures {
  readonly workload: string
  readonly packetsPerSecond: number
  /** Share of the packets due that arrived. */
  readonly delivered: number
  readonly oursUsPerPacket: number
  readonly oursUserUsPerPacket: number
  readonly floorUsPerPacket: number
  /** Ours / floor, median of the rounds, and the lowest and highest round. */
  readonly ratio: number
  readonly ratioRange: readonly [number, number]
}

interface LatencyFigures {
  readonly workload: string
  readonly javascript: string
  readonly packetsPerSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
}

interface ForwardFigures {
  readonly cpu: readonly CpuFigures[]
  readonly latency: readonly LatencyFigures[]
}

async function benchForward(options: BenchmarkOptions): Promise<ForwardFigures> {
  const cpu: CpuFigures[] = []
  for (const workload of [oneToFifty, meshOfTen]) cpu.push(await measureCpu(workload, options))
  return { cpu, latency: await measureLatency(options) }
}

async function measureCpu(
  workload: Workload,
  { rounds, secondsPerRound, progress }: BenchmarkOptions,
): Promise<CpuFigures> {
  progress(`${workload.title}: ${rounds} rounds of ${secondsPerRound} s`)
  const floor = await startFloor(workload)
  const room = await openRoom(workload)
  const results: { ours: number; user: number; floor: number; delivered: number; perSecond: number }[] = []
  try {
    await sleep(2_000)
    for (let round = 0; round < rounds; round++) {
      await room.load.call.takeReceived()
      const before = await room.server.call.cpu()
      const start = performance.now()
      await sleep(secondsPerRound * 1000)
      const after = await room.server.call.cpu()
      const { packets } = await room.load.call.takeReceived()
      const seconds = (performance.now() - start) / 1000
      const user = (after.userUs - before.userUs) / packets
      const ours = user + (after.systemUs - before.systemUs) / packets
      // the room is silent for nobody while the floor runs: both see the same machine
      results.push({
        ours,
        user,
        floor: await floor.measure(secondsPerRound),
        delivered: packets / (forwardedPerSecond(workload) * seconds),
        perSecond: packets / seconds,
      })
      const last = results.at(-1)
      if (last)
        progress(`  round ${round + 1}: ours ${last.ours.toFixed(2)} µs, floor ${last.floor.toFixed(2)} µs a packet`)
    }
    return {
      workload: workload.name,
      packetsPerSecond: median(results.map((result) => result.perSecond)),
      delivered: median(results.map((result) => result.delivered)),
      oursUsPerPacket: median(results.map((result) => result.ours)),
      oursUserUsPerPacket: median(results.map((result) => result.user)),
      floorUsPerPacket: median(results.map((result) => result.floor)),
      ratio: median(results.map((result) => result.ours / result.floor)),
      ratioRange: range(results.map((result) => result.ours / result.floor)),
    }
  } finally {
    await room.close()
    await floor.close()
  }
}

/** Every stream of the workload in turn, weighted by its packets. */
async function startFloor(workload: Workload) {
  const copies = workload.participants - 1
  const sinks = await startRemote<typeof import('../floor-sinks.ts')>(new URL('../floor-sinks.ts', import.meta.url))
  const floor = await startRemote<typeof import('../floor.ts')>(new URL('../floor.ts', import.meta.url))
  const ports = await sinks.call.open(copies)
  const shapes = [workload.video, workload.audio].filter((shape) => shape !== undefined)
  return {
    async measure(seconds: number): Promise<number> {
      let packets = 0
      let micros = 0
      for (const shape of shapes) {
        const framesPerSecond = (shape.packetsPerSecond / shape.burst) * workload.senders
        const result = await floor.call.measure({
          intervalUs: Math.round(1_000_000 / framesPerSecond),
          burst: shape.burst,
          payloadBytes: shape.payloadBytes,
          ports,
          copies,
          durationMs: (seconds * 1000) / shapes.length,
        })
        const weight = shape.packetsPerSecond
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

/** What the server's JavaScript thread does meanwhile. A busy one takes one of the machine's cores from the engine and the load. */
const javascriptLoads = [
  ['free', 'waiting', 0],
  ['blocked 200 ms of every 250 ms', 'waiting', 200],
  ['computing 200 ms of every 250 ms', 'busy', 200],
] as const

async function measureLatency({ secondsPerRound, progress }: BenchmarkOptions): Promise<LatencyFigures[]> {
  progress(`${smoothTenThousand.title}: latency`)
  const room = await openRoom(smoothTenThousand)
  const figures: LatencyFigures[] = []
  try {
    await sleep(2_000)
    for (const [javascript, how, blockMs] of javascriptLoads) {
      await room.server.call.blockJavaScript(how, blockMs, 250)
      await room.load.call.takeReceived()
      await sleep(secondsPerRound * 1000)
      const received = await room.load.call.takeReceived()
      figures.push({
        workload: smoothTenThousand.name,
        javascript,
        packetsPerSecond: received.packets / secondsPerRound,
        p50Us: received.p50Us,
        p99Us: received.p99Us,
        p999Us: received.p999Us,
      })
    }
    await room.server.call.blockJavaScript('waiting', 0, 0)
    return figures
  } finally {
    await room.close()
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

function range(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)]
}

function printForward({ cpu, latency }: ForwardFigures): string[] {
  return [
    '',
    'CPU per forwarded packet (µs)      packets/s  delivered   ours  (user)  floor  ratio  (range)',
    ...cpu.map((row) =>
      [
        row.workload.padEnd(34),
        row.packetsPerSecond.toFixed(0).padStart(9),
        `${(row.delivered * 100).toFixed(1)} %`.padStart(10),
        row.oursUsPerPacket.toFixed(2).padStart(6),
        `(${row.oursUserUsPerPacket.toFixed(2)})`.padStart(7),
        row.floorUsPerPacket.toFixed(2).padStart(6),
        row.ratio.toFixed(2).padStart(6),
        `(${row.ratioRange.map((value) => value.toFixed(2)).join('–')})`,
      ].join(' '),
    ),
    '',
    'Added latency (µs)                 packets/s    p50    p99  p99.9  JavaScript thread',
    ...latency.map((row) =>
      [
        row.workload.padEnd(34),
        row.packetsPerSecond.toFixed(0).padStart(9),
        row.p50Us.toFixed(0).padStart(6),
        row.p99Us.toFixed(0).padStart(6),
        row.p999Us.toFixed(0).padStart(6),
        ` ${row.javascript}`,
      ].join(' '),
    ),
  ]
}

await runBenchmark(benchForward, printForward)
