/**
 * A crowd comes and goes for a while, with a steady call next door. Two rounds with an empty house after each: what the second
 * round leaves behind beyond the first is lost for good, and the slopes inside the second say how it grows.
 */
import { createSocket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bot, BotCounts } from '@parley/bots'
import { ChurnCrowd, type ProcessReading, readProcess, seededRandom, slope, type WayOut } from '@parley/rig'
import type { Inventory } from '../../src/inventory.ts'
import { startBots } from '../support/bots.ts'
import { eventually } from '../support/eventually.ts'
import { type ServerReading, WatchedServer } from './server-questions.ts'

export interface ChurnOptions {
  readonly warmUpSeconds: number
  readonly seconds: number
  readonly seed: number
  /** Between two samples of the second round. */
  readonly sampleEverySeconds: number
  readonly onSample?: (sample: ChurnSample) => void
}

export interface ChurnSample extends ProcessReading, ServerReading {
  /** Since the second round began. */
  readonly atSeconds: number
  readonly present: number
}

/** A house that everybody but the call next door has left, after a garbage collection. */
export type EmptyHouse = Omit<ChurnSample, 'present' | 'atSeconds'>

export interface ChurnReport {
  /** Of both rounds, by kind. */
  readonly acts: Readonly<Record<string, number>>
  /** What failed though it should not. */
  readonly failures: Readonly<Record<string, number>>
  readonly samples: readonly ChurnSample[]
  readonly before: EmptyHouse
  readonly after: EmptyHouse
  /** Per minute, over the second round with its first half left out: so long a heap takes to find its size. */
  readonly slopes: { readonly residentBytes: number; readonly heapBytes: number; readonly descriptors: number }
  readonly nextDoor: { readonly packets: number; readonly missing: number; readonly p99Us: number }
}

export async function runChurn(options: ChurnOptions): Promise<ChurnReport> {
  const { warmUpSeconds, seconds, seed, sampleEverySeconds, onSample } = options
  const server = await WatchedServer.start()
  const fleet = startBots(server, LIGHT_MEDIA)
  // An engine of its own: what keeps the crowd's busy shall not look like the server's lateness.
  const neighbours = startBots(server)
  const stranger = createSocket('udp4')
  try {
    const nextDoor = [
      await neighbours.join({ room: 'next-door', name: 'Ada' }),
      await neighbours.join({ room: 'next-door', name: 'Bob' }),
    ]
    await eventually(
      'media next door',
      async () => nextDoor.map((bot) => bot.received().packets),
      (packets) => packets.every((count) => count > 100),
    )
    const reading = async (): Promise<EmptyHouse> => ({
      ...(await readProcess(server.pid)),
      ...(await server.read(true)),
    })
    const settled = async (): Promise<EmptyHouse> => {
      await eventually(
        'only the call next door is left',
        async () => (await server.read(false)).inventory,
        (inventory) => isOnlyNextDoor(inventory),
        SETTLE_MS,
      )
      // Goodbyes that nobody answered have some seconds to run out.
      await sleep(FAREWELL_MS)
      return reading()
    }
    const random = seededRandom(seed)
    /** From somebody whom nobody knows: half a packet of anything. */
    const throwGarbage = (): void => {
      const datagram = Uint8Array.from({ length: 1 + Math.floor(random() * 1200) }, () => Math.floor(random() * 256))
      stranger.send(datagram, server.mediaPort, '127.0.0.1')
    }
    const crowdWithout = (without: readonly WayOut[], salt: number): ChurnCrowd =>
      new ChurnCrowd({ fleet, rooms: 4, people: 12, random: seededRandom(seed + salt), without: new Set(without) })

    // Nobody dies silently here: that is noticed only after 20 s, and the house shall be empty soon.
    const first = crowdWithout(['silent'], 0)
    for (let second = 0; second < warmUpSeconds; second++) {
      first.step()
      await sleep(1000)
    }
    await first.disperse()
    const before = await settled()

    const steady = nextDoor.map((bot) => bot.received())
    const samples: ChurnSample[] = []
    const second = crowdWithout([], 1)
    const startedAt = performance.now()
    for (let step = 0; step < seconds; step++) {
      second.step()
      for (let count = 0; count < 10; count++) throwGarbage()
      // On time, whatever the sample before cost.
      await sleep(Math.max(0, startedAt + (step + 1) * 1000 - performance.now()))
      if ((step + 1) % sampleEverySeconds !== 0) continue
      const sample: ChurnSample = {
        ...(await reading()),
        atSeconds: (performance.now() - startedAt) / 1000,
        present: second.present,
      }
      samples.push(sample)
      onSample?.(sample)
    }
    const heard = difference(nextDoor, steady)
    await second.disperse()
    const after = await settled()
    return {
      acts: sum(first.counts, second.counts),
      failures: sum(first.failures, second.failures),
      samples,
      before,
      after,
      slopes: slopes(samples),
      nextDoor: heard,
    }
  } finally {
    stranger.close()
    await Promise.all([fleet.close(), neighbours.close()])
    await server.close()
  }
}

/** The two of the call next door, and the focus. */
function isOnlyNextDoor(inventory: Inventory): boolean {
  const { connections, users, rooms, conferences, bridgeConferences, endpoints, channels, transports } = inventory
  const pairs = [connections, users - 1, endpoints, channels, transports]
  return pairs.every((count) => count === 2) && [rooms, conferences, bridgeConferences].every((count) => count === 1)
}

function difference(bots: readonly Bot[], before: readonly BotCounts[]): ChurnReport['nextDoor'] {
  let [packets, missing, p99Us] = [0, 0, 0]
  for (const [index, bot] of bots.entries()) {
    const now = bot.received()
    packets += now.packets - (before[index]?.packets ?? 0)
    missing += now.missing - (before[index]?.missing ?? 0)
    // Of the call as a whole: its first seconds, alone in the house, only make it better by their share.
    p99Us = Math.max(p99Us, now.latency.quantileUs(0.99))
  }
  return { packets, missing, p99Us }
}

function slopes(samples: readonly ChurnSample[]): ChurnReport['slopes'] {
  const late = samples.slice(Math.floor(samples.length / 2))
  const perMinute = (pick: (sample: ChurnSample) => number): number =>
    slope(late.map((sample) => [sample.atSeconds / 60, pick(sample)]))
  return {
    residentBytes: perMinute(({ residentBytes }) => residentBytes),
    heapBytes: perMinute(({ heapBytes }) => heapBytes),
    descriptors: perMinute(({ descriptors }) => descriptors),
  }
}

function sum(...counts: readonly ReadonlyMap<string, number>[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const map of counts) for (const [what, count] of map) total[what] = (total[what] ?? 0) + count
  return total
}

/** Little, so that a crowd does not need a machine of its own; the way through the server is the same. */
const LIGHT_MEDIA = {
  audio: { packetsPerSecond: 20, payloadBytes: 80, burst: 1, audioLevel: 40 },
  video: { packetsPerSecond: 20, payloadBytes: 600, burst: 2 },
} as const
/** Silence is noticed within 20 s; the rest goes at once. */
const SETTLE_MS = 45_000
/** Above the 3 s that the edge waits for a peer's answer to its goodbye. */
const FAREWELL_MS = 4000
