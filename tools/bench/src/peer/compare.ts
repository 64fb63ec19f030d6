/**
 * The same work for our server and for Janus, by the same load, in turns A B B A; the figure is the ratio of CPU time for each
 * packet that an authenticated receiver got, and of latency, with the interval that the noise of the rounds leaves.
 *
 * Both use AES-128-GCM (the load offers it first and is checked to have got it), RTX and NACK. Whether receivers send
 * transport-cc feedback is found out from ours and arranged the same at Janus.
 */
import { availableParallelism } from 'node:os'
import { type BenchmarkOptions, median, range } from '../benchmark.ts'
import { settleMs } from '../cpu.ts'
import { cpuBetween } from '../process-usage.ts'
import { type Load, openRoom, sleep } from '../room.ts'
import { audioFanOut, forwardedPerSecond, framedFiftyThousand, videoFanOut, type Workload } from '../workload.ts'
import { type Interval, medianInterval } from './bootstrap.ts'
import { janusVersion } from './janus-process.ts'
import { openJanusRoom } from './janus-room.ts'

interface Contender {
  readonly load: Load
  cpu(): Promise<{ userUs: number; systemUs: number }>
  pause(): void
  resume(): void
  close(): Promise<void>
}

interface Round {
  readonly us: number
  readonly p50Us: number
  readonly p99Us: number
  readonly delivered: number
}

export interface Comparison {
  readonly workload: string
  readonly title: string
  readonly peer: string
  /** Packets that each receiver sends the server a second: reports, feedback. */
  readonly feedbackPerSecond: { readonly ours: number; readonly peer: number }
  readonly ours: Summary
  readonly theirs: Summary
  /** Ours / theirs. */
  readonly cpu: Interval
  readonly p99: Interval
  readonly barCpu: number
  readonly goalCpu: number
}

interface Summary {
  readonly us: number
  readonly range: readonly [number, number]
  readonly p50Us: number
  readonly p99Us: number
  readonly delivered: number
}

/** What is compared, by the name on the command line. */
export const peerWorkloads: Readonly<Record<string, readonly Workload[]>> = {
  'video-fan-out': [videoFanOut(50), videoFanOut(100)],
  'audio-fan-out': [audioFanOut(100)],
  'latency-framed': [framedFiftyThousand],
}

export async function comparePeer(name: string | undefined, options: BenchmarkOptions): Promise<Comparison[]> {
  const workloads = peerWorkloads[name ?? 'video-fan-out'] ?? []
  const comparisons: Comparison[] = []
  for (const workload of workloads) {
    // a loop a core, one loop, and as packaged: the bar is about the best of them
    for (const eventLoops of new Set([availableParallelism(), 1, 0])) {
      comparisons.push(await compare(workload, eventLoops, options))
    }
  }
  return comparisons
}

export async function compare(workload: Workload, eventLoops: number, options: BenchmarkOptions): Promise<Comparison> {
  const { rounds, secondsPerRound, progress } = options
  const peer = `Janus ${janusVersion() ?? ''}, ${eventLoops > 0 ? `${eventLoops} event loop${eventLoops > 1 ? 's' : ''}` : 'a thread a handle'}`
  progress(`${workload.title}: ours and ${peer}, ${rounds} rounds of ${secondsPerRound} s each`)
  const ours = await openOurs(workload)
  let theirs: Contender | undefined
  try {
    const feedbackOurs = await feedbackRate(ours, workload)
    // ours goes on meanwhile: a pause as long as a hundred joins might cost it its ICE consent
    theirs = await openTheirs(workload, eventLoops, feedbackOurs > feedbackThreshold)
    ours.pause()
    const feedbackTheirs = await feedbackRate(theirs, workload)
    theirs.pause()
    await requireGcm(ours)
    await requireGcm(theirs)
    const results: { ours: Round; theirs: Round }[] = []
    for (let round = 0; round < rounds; round++) {
      const take = (contender: Contender) => measureRound(contender, workload, secondsPerRound)
      // A B, then B A: whatever drifts meets both
      const first = round % 2 === 0 ? await take(ours) : await take(theirs)
      const second = round % 2 === 0 ? await take(theirs) : await take(ours)
      const result = round % 2 === 0 ? { ours: first, theirs: second } : { ours: second, theirs: first }
      results.push(result)
      progress(
        `  round ${round + 1}: ours ${result.ours.us.toFixed(2)} µs, theirs ${result.theirs.us.toFixed(2)} µs a packet`,
      )
    }
    return {
      workload: workload.name,
      title: workload.title,
      peer,
      feedbackPerSecond: { ours: feedbackOurs, peer: feedbackTheirs },
      ours: summarise(results.map((result) => result.ours)),
      theirs: summarise(results.map((result) => result.theirs)),
      cpu: medianInterval(results.map((result) => result.ours.us / result.theirs.us)),
      p99: medianInterval(results.map((result) => result.ours.p99Us / result.theirs.p99Us)),
      barCpu: 0.45,
      goalCpu: 0.25,
    }
  } finally {
    // who is stopped cannot end in good order
    theirs?.resume()
    await theirs?.close()
    ours.resume()
    await ours.close()
  }
}

async function openOurs(workload: Workload): Promise<Contender> {
  const bench = await openRoom(workload)
  return { ...bench, cpu: () => bench.server.call.cpu() }
}

async function openTheirs(workload: Workload, eventLoops: number, feedbackFromReceivers: boolean): Promise<Contender> {
  const room = await openJanusRoom(workload, { eventLoops, feedbackFromReceivers })
  return { ...room, cpu: async () => room.janus.cpu() }
}

async function measureRound(contender: Contender, workload: Workload, seconds: number): Promise<Round> {
  const { load } = contender
  contender.resume()
  await sleep(settleMs)
  await load.call.takeReceived()
  const before = await contender.cpu()
  const start = performance.now()
  await sleep(seconds * 1000)
  const after = await contender.cpu()
  const { packets, p50Us, p99Us } = await load.call.takeReceived()
  const passed = (performance.now() - start) / 1000
  contender.pause()
  if (packets === 0) throw new Error('nothing arrives any more: ICE consent may have run out in a pause')
  return {
    us: cpuBetween(before, after) / packets,
    p50Us,
    p99Us,
    delivered: packets / (forwardedPerSecond(workload) * passed),
  }
}

/** What a receiver sends, measured while everything settles. */
async function feedbackRate({ load }: Contender, workload: Workload): Promise<number> {
  await sleep(1_000)
  const seconds = 1.5
  const before = await load.call.packetsSent()
  await sleep(seconds * 1000)
  const sent = (await load.call.packetsSent()) - before
  const media = [...(workload.video ?? []), ...(workload.audio ? [workload.audio] : [])]
  const mediaSent = media.reduce((sum, shape) => sum + shape.packetsPerSecond, 0) * workload.senders * seconds
  return Math.max(0, sent - mediaSent) / (workload.participants - workload.senders) / seconds
}

/** @throws Error when anybody uses another profile: an unpinned comparison would not be one */
async function requireGcm(contender: Contender): Promise<void> {
  contender.resume()
  const profiles = Object.keys(await contender.load.call.srtpProfiles())
  contender.pause()
  if (profiles.some((profile) => profile !== 'AEAD_AES_128_GCM')) {
    throw new Error(`not everybody uses AES-128-GCM: ${profiles.join(', ')}`)
  }
}

function summarise(rounds: readonly Round[]): Summary {
  const us = rounds.map((round) => round.us)
  return {
    us: median(us),
    range: range(us),
    p50Us: median(rounds.map((round) => round.p50Us)),
    p99Us: median(rounds.map((round) => round.p99Us)),
    delivered: median(rounds.map((round) => round.delivered)),
  }
}

export function peerLines(comparison: Comparison): string[] {
  const { title, peer, ours, theirs, cpu, p99, barCpu, goalCpu, feedbackPerSecond } = comparison
  const reached = cpu.value <= goalCpu ? 'goal' : cpu.value <= barCpu ? 'bar' : 'missed'
  const interval = ({ value, low, high }: Interval) =>
    `${value.toFixed(3)} (95 %: ${low.toFixed(3)}–${high.toFixed(3)})`
  const row = (name: string, summary: Summary) =>
    [
      `  ${name.padEnd(8)}`,
      `${summary.us.toFixed(2)} µs a packet (rounds ${summary.range.map((value) => value.toFixed(2)).join('–')});`,
      `latency p50 ${(summary.p50Us / 1000).toFixed(2)} ms, p99 ${(summary.p99Us / 1000).toFixed(2)} ms;`,
      `${(summary.delivered * 100).toFixed(1)} % arrived`,
    ].join(' ')
  return [
    '',
    `${title}: ours and ${peer}`,
    row('ours', ours),
    row('Janus', theirs),
    `  CPU ours / Janus ${interval(cpu)}; bar ${barCpu}, goal ${goalCpu}: ${reached}`,
    `  p99 ours / Janus ${interval(p99)}`,
    `  a receiver sends ${feedbackPerSecond.ours.toFixed(1)} packets/s of feedback to ours, ${feedbackPerSecond.peer.toFixed(1)} to Janus`,
  ]
}

/** Reports alone are one or two a second; transport-cc feedback is ten and more. */
const feedbackThreshold = 4
