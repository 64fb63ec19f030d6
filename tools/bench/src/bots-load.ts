/** People with the whole of signalling, in a process of their own: bots of the client library that join at a steady rate. */
import { type Bot, BotFleet } from '@parley/bots'

let fleet: BotFleet | undefined
let bots: Bot[] = []

export function open(origin: string): void {
  fleet = new BotFleet({
    serviceUrl: `${origin.replace('https:', 'wss:')}/xmpp-websocket`,
    domain: 'meet.jitsi',
    mucDomain: 'muc.meet.jitsi',
    focusDomain: 'focus.meet.jitsi',
    // little media, so that the server's time is the joins'
    media: { audio: { packetsPerSecond: 10, payloadBytes: 80, burst: 1, audioLevel: 40 } },
  })
}

export interface JoinTimes {
  /** From the first byte to the media of somebody else in the room, for all but the first of each room; milliseconds. */
  readonly readyMs: readonly number[]
  readonly joined: number
  readonly failed: readonly string[]
  readonly seconds: number
}

/** Rooms of `size`, one person after another, `perSecond` joins begun a second. Returns when all have media or failed. */
export async function join(prefix: string, count: number, size: number, perSecond: number): Promise<JoinTimes> {
  const readyMs: number[] = []
  const failed: string[] = []
  const start = performance.now()
  const joins = Array.from({ length: count }, async (_, index) => {
    await sleep(start + (index * 1000) / perSecond - performance.now())
    const begun = performance.now()
    try {
      const bot = await fleet?.join({
        room: `${prefix}-${Math.floor(index / size)}`,
        name: `bot ${index}`,
        sendsVideo: false,
      })
      if (!bot) throw new Error('open comes first')
      bots.push(bot)
      if (index % size === 0) return
      while (bot.received().packets === 0) {
        if (performance.now() - begun > deadlineMs) throw new Error(`no media within ${deadlineMs} ms`)
        await sleep(10)
      }
      readyMs.push(performance.now() - begun)
    } catch (error) {
      failed.push((error as Error).message)
    }
  })
  await Promise.all(joins)
  return { readyMs, joined: count - failed.length, failed, seconds: (performance.now() - start) / 1000 }
}

export async function leaveAll(): Promise<void> {
  const leaving = bots
  bots = []
  await Promise.all(leaving.map((bot) => bot.leave()))
}

export async function close(): Promise<void> {
  await fleet?.close()
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))
}

const deadlineMs = 15_000
