/** What a page really receives, from the browser's own statistics: independent of the client library in the page. */
import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { eventually } from './eventually.ts'

export interface ReceivedVideo {
  readonly ssrc: number
  readonly framesDecoded: number
  readonly frameHeight: number
}

export interface ReceivedAudio {
  readonly ssrc: number
  readonly totalAudioEnergy: number
  readonly packetsReceived: number
  /** Sound that had come already: what redundancy carries when nothing is lost. */
  readonly packetsDiscarded: number
}

export interface Received {
  readonly video: readonly ReceivedVideo[]
  readonly audio: readonly ReceivedAudio[]
}

export function received(page: Page): Promise<Received> {
  return page.evaluate(async () => {
    interface Report {
      type: string
      kind: string
      ssrc: number
      framesDecoded?: number
      frameHeight?: number
      totalAudioEnergy?: number
      packetsReceived?: number
      packetsDiscarded?: number
    }
    interface Connection {
      connectionState: string
      getStats(): Promise<Map<string, Report>>
    }
    const connections = (globalThis as unknown as { peerConnections: Connection[] }).peerConnections
    const open = connections.filter((connection) => connection.connectionState !== 'closed')
    const reports = (await Promise.all(open.map((connection) => connection.getStats()))).flatMap((stats) => [
      ...stats.values(),
    ])
    const inbound = reports.filter(({ type }) => type === 'inbound-rtp')
    return {
      video: inbound
        .filter(({ kind }) => kind === 'video')
        .map(({ ssrc, framesDecoded = 0, frameHeight = 0 }) => ({ ssrc, framesDecoded, frameHeight })),
      audio: inbound
        .filter(({ kind }) => kind === 'audio')
        .map(({ ssrc, totalAudioEnergy = 0, packetsReceived = 0, packetsDiscarded = 0 }) => ({
          ssrc,
          totalAudioEnergy,
          packetsReceived,
          packetsDiscarded,
        })),
    }
  })
}

/**
 * Passes once that many pictures, of at least this height, and that many voices grow at the same time. Browsers begin small
 * and take some steps up, so a full-size picture needs time.
 */
export async function assertReceives(
  page: Page,
  expected: { readonly pictures: number; readonly voices: number; readonly minHeight?: number },
  withinMs = expected.minHeight === undefined ? 20_000 : 45_000,
): Promise<void> {
  const minHeight = expected.minHeight ?? 1
  let before = await received(page)
  await eventually(
    `${expected.pictures} pictures of ${minHeight} lines and ${expected.voices} voices`,
    async () => {
      const now = await received(page)
      const growth = {
        pictures: now.video.filter(
          ({ ssrc, framesDecoded, frameHeight }) =>
            frameHeight >= minHeight && framesDecoded > (find(before.video, ssrc)?.framesDecoded ?? 0),
        ).length,
        voices: now.audio.filter(
          ({ ssrc, totalAudioEnergy }) => totalAudioEnergy > (find(before.audio, ssrc)?.totalAudioEnergy ?? 0),
        ).length,
        now,
      }
      // The microphone beeps once a second, and questions come faster: keep the older measure until both have grown.
      if (growth.pictures < expected.pictures || growth.voices < expected.voices) before = older(before, now)
      return growth
    },
    ({ pictures, voices }) => pictures >= expected.pictures && voices >= expected.voices,
    withinMs,
  )
}

/** Lines of each picture that moves within half a second, largest first. */
export async function receivedHeights(page: Page): Promise<readonly number[]> {
  const before = await received(page)
  await page.waitForTimeout(500)
  const after = await received(page)
  return after.video
    .filter(({ ssrc, framesDecoded }) => framesDecoded > (find(before.video, ssrc)?.framesDecoded ?? 0))
    .map(({ frameHeight }) => frameHeight)
    .sort((a, b) => b - a)
}

/** Longest time, in milliseconds, that no picture of the page moved within `forMs`; to a tenth of a second. */
export async function longestStall(page: Page, forMs: number): Promise<number> {
  const framesDecoded = async () =>
    (await received(page)).video.reduce((sum, { framesDecoded }) => sum + framesDecoded, 0)
  const end = performance.now() + forMs
  let frames = await framesDecoded()
  let movedAt = performance.now()
  let longest = 0
  while (performance.now() < end) {
    await page.waitForTimeout(50)
    const now = await framesDecoded()
    longest = Math.max(longest, performance.now() - movedAt)
    if (now === frames) continue
    frames = now
    movedAt = performance.now()
  }
  return Math.round(longest)
}

/** Passes when no picture of the page moves for `forMs`. */
export async function assertNoNewFrames(page: Page, forMs: number): Promise<void> {
  const before = await received(page)
  await page.waitForTimeout(forMs)
  const after = await received(page)
  const moving = after.video.filter(
    ({ ssrc, framesDecoded }) => framesDecoded > (find(before.video, ssrc)?.framesDecoded ?? 0),
  )
  assert.deepEqual(moving, [])
}

function find<T extends { readonly ssrc: number }>(list: readonly T[], ssrc: number): T | undefined {
  return list.find((entry) => entry.ssrc === ssrc)
}

/** Streams that are new count from now on, the others from when they were first seen. */
function older(before: Received, now: Received): Received {
  return {
    video: now.video.map((entry) => find(before.video, entry.ssrc) ?? entry),
    audio: now.audio.map((entry) => find(before.audio, entry.ssrc) ?? entry),
  }
}
