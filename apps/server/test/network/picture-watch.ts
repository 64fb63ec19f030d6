/**
 * The picture that a page receives, five times a second, measured inside the page: a watcher at the other end of a pipe would
 * take its own delays for freezes.
 */
import type { Page } from 'playwright-core'

export interface PictureSample {
  /** Since the watch began. */
  readonly atMs: number
  /** Decoded since the last sample, over all received pictures. */
  readonly frames: number
  /** Of the picture that moved most; 0 = none moved. */
  readonly height: number
  readonly bytes: number
  readonly packetsLost: number
  readonly keyFrameRequests: number
  /** As the browser counts them, all so far: a gap much longer than the usual one, known when it is over. */
  readonly freezes: number
  readonly freezeMs: number
  /** Audio packets since the last sample. */
  readonly audioPackets: number
  readonly connection: string
}

export class PictureWatch {
  readonly #page: Page

  private constructor(page: Page) {
    this.#page = page
  }

  static async start(page: Page): Promise<PictureWatch> {
    await page.evaluate(watchInPage, SAMPLE_MS)
    return new PictureWatch(page)
  }

  /** What was seen since the last call. */
  take(): Promise<PictureSample[]> {
    return this.#page.evaluate(() =>
      (globalThis as unknown as { pictureSamples: PictureSample[] }).pictureSamples.splice(0),
    )
  }

  async stop(): Promise<PictureSample[]> {
    const rest = await this.take()
    await this.#page.evaluate(() => clearInterval((globalThis as unknown as { pictureTimer: number }).pictureTimer))
    return rest
  }
}

export const SAMPLE_MS = 200

/** Runs in the page. */
function watchInPage(sampleMs: number): void {
  interface Report {
    readonly id: string
    readonly type: string
    readonly kind?: string
    readonly framesDecoded?: number
    readonly frameHeight?: number
    readonly bytesReceived?: number
    readonly packetsReceived?: number
    readonly packetsLost?: number
    readonly pliCount?: number
    readonly firCount?: number
    readonly freezeCount?: number
    readonly totalFreezesDuration?: number
  }
  const scope = globalThis as unknown as {
    peerConnections: RTCPeerConnection[]
    pictureSamples: PictureSample[]
    pictureTimer: ReturnType<typeof setInterval>
  }
  scope.pictureSamples = []
  const seen = new Map<string, Report>()
  const startedAt = performance.now()
  let isBusy = false
  let isFirst = true

  const sample = async (): Promise<void> => {
    const open = scope.peerConnections.filter(({ connectionState }) => connectionState !== 'closed')
    const sums = { frames: 0, height: 0, bytes: 0, packetsLost: 0, keyFrameRequests: 0, audioPackets: 0 }
    let most = 0
    let freezes = 0
    let freezeMs = 0
    for (const [index, connection] of scope.peerConnections.entries()) {
      if (!open.includes(connection)) continue
      const stats = (await connection.getStats()) as unknown as Map<string, Report>
      for (const report of stats.values()) {
        if (report.type !== 'inbound-rtp') continue
        // Report ids are unique in one connection only.
        const key = `${index} ${report.id}`
        const before = seen.get(key)
        seen.set(key, report)
        const grown = (value: number | undefined, old: number | undefined): number => (value ?? 0) - (old ?? 0)
        sums.bytes += grown(report.bytesReceived, before?.bytesReceived)
        if (report.kind === 'audio') {
          sums.audioPackets += grown(report.packetsReceived, before?.packetsReceived)
          continue
        }
        const frames = grown(report.framesDecoded, before?.framesDecoded)
        sums.frames += frames
        if (frames > most) {
          most = frames
          sums.height = report.frameHeight ?? 0
        }
        sums.packetsLost += grown(report.packetsLost, before?.packetsLost)
        sums.keyFrameRequests += grown(report.pliCount, before?.pliCount) + grown(report.firCount, before?.firCount)
        freezes += report.freezeCount ?? 0
        freezeMs += (report.totalFreezesDuration ?? 0) * 1000
      }
    }
    const connection = open.map(({ connectionState }) => connectionState).join(' ') || 'none'
    // The first only says where counting begins.
    if (!isFirst) {
      const atMs = performance.now() - startedAt
      scope.pictureSamples.push({ atMs, ...sums, freezes, freezeMs, connection })
    }
    isFirst = false
    // Twenty minutes; who never asks shall not fill the page's memory.
    if (scope.pictureSamples.length > 6000) scope.pictureSamples.shift()
  }
  scope.pictureTimer = setInterval(() => {
    if (isBusy) return
    isBusy = true
    void sample().finally(() => {
      isBusy = false
    })
  }, sampleMs)
}
