import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { launchChromium } from './support/chromium.ts'
import type { TestBrowser } from './support/chromium.ts'
import { Participant } from './support/participant.ts'
import { startTestServer } from './support/test-server.ts'
import type { TestServer } from './support/test-server.ts'

let server: TestServer
let browser: TestBrowser
before(async () => {
  ;[server, browser] = await Promise.all([startTestServer(), launchChromium()])
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('from the click on "join" to the first picture of somebody else: median at most 1.5 s', {
  timeout: 120_000,
}, async (t) => {
  await Participant.join(browser, { origin: server.origin, room: 'quick', name: 'Ada' })
  const timesMs: number[] = []
  for (let i = 0; i < 5; i++) {
    const page = await browser.open()
    await page.goto(`${server.origin}/quick?name=Bob`)
    await page.getByTestId('join').waitFor()
    // The preview runs before a person clicks.
    await page.waitForFunction(() => [...document.querySelectorAll('video')].some((video) => video.videoWidth > 0))
    timesMs.push(await clickToFirstPicture(page))
    await page.getByTestId('leave').click()
    await page.context().close()
  }
  const median = timesMs.toSorted((a, b) => a - b)[2] ?? Number.NaN
  t.diagnostic(`ms: ${timesMs.map(Math.round).join(', ')}`)
  assert.ok(median <= 1500, `median ${Math.round(median)} ms of ${timesMs.map(Math.round).join(', ')}`)
})

/** Milliseconds by the page's own clock until a received picture is decoded. */
function clickToFirstPicture(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const button = document.querySelector<HTMLButtonElement>('[data-testid=join]')
    const connections = (globalThis as unknown as { peerConnections: RTCPeerConnection[] }).peerConnections
    const startedAt = performance.now()
    button?.click()
    for (;;) {
      for (const connection of connections) {
        for (const report of (await connection.getStats()).values()) {
          const { type, kind, framesDecoded } = report as { type: string; kind?: string; framesDecoded?: number }
          if (type === 'inbound-rtp' && kind === 'video' && framesDecoded) return performance.now() - startedAt
        }
      }
      if (performance.now() - startedAt > 15_000) throw new Error('no picture within 15 s of the click')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })
}
