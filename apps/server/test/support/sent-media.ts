/** What a page really sends, from the browser's own statistics. */
import type { Page } from 'playwright-core'

/**
 * Lines of each video encoding that sends now, lowest first. Asks twice, half a second apart: what rests keeps its last
 * size in the statistics.
 */
export async function runningHeights(page: Page): Promise<readonly number[]> {
  const before = await outbound(page)
  await page.waitForTimeout(500)
  const after = await outbound(page)
  return after
    .filter(({ ssrc, framesSent }) => framesSent > (before.find((entry) => entry.ssrc === ssrc)?.framesSent ?? 0))
    .map(({ frameHeight }) => frameHeight)
    .sort((a, b) => a - b)
}

/** Names of the video codecs that the page sends now, `video/VP9`. */
export async function sentVideoCodecs(page: Page): Promise<readonly string[]> {
  const running = (await outbound(page)).filter(({ isActive }) => isActive)
  return [...new Set(running.map(({ codec }) => codec))].sort()
}

interface Outbound {
  readonly ssrc: number
  readonly framesSent: number
  readonly frameHeight: number
  readonly codec: string
  readonly isActive: boolean
}

function outbound(page: Page): Promise<readonly Outbound[]> {
  return page.evaluate(async () => {
    interface Report {
      type: string
      kind: string
      ssrc: number
      active?: boolean
      framesSent?: number
      frameHeight?: number
      codecId?: string
      mimeType?: string
    }
    interface Connection {
      connectionState: string
      getStats(): Promise<Map<string, Report>>
    }
    const connections = (globalThis as unknown as { peerConnections: Connection[] }).peerConnections
    const open = connections.filter((connection) => connection.connectionState !== 'closed')
    const all = await Promise.all(open.map((connection) => connection.getStats()))
    return all.flatMap((stats) =>
      [...stats.values()]
        .filter(({ type, kind }) => type === 'outbound-rtp' && kind === 'video')
        .map(({ ssrc, active, framesSent = 0, frameHeight = 0, codecId = '' }) => ({
          ssrc,
          framesSent,
          frameHeight,
          codec: stats.get(codecId)?.mimeType ?? '',
          isActive: active !== false,
        })),
    )
  })
}
