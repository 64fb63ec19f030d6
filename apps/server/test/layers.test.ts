/** One camera in one stream with layers (SVC): each receiver gets its size, and the step from one to another is smooth. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launchChromium } from './support/chromium.ts'
import type { TestBrowser } from './support/chromium.ts'
import { eventually } from './support/eventually.ts'
import { Participant } from './support/participant.ts'
import { longestStall, receivedHeights } from './support/received-media.ts'
import { runningHeights, sentVideoCodecs } from './support/sent-media.ts'
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

/** So small that every tile asks for thumbnails. */
const small = { width: 420, height: 400 }
const large = { width: 1680, height: 1080 }
/** A picture that stands still for longer is seen to. */
const noticeableMs = 800

for (const codec of ['VP9', 'AV1']) {
  test(`${codec} with layers: 180 lines for who shows a thumbnail, 720 for the others`, {
    timeout: 150_000,
  }, async () => {
    const join = (name: string, config: Readonly<Record<string, unknown>> = {}) =>
      Participant.join(browser, { origin: server.origin, room: `layers-${codec}`, name, config })
    const ada = await join('Ada', { videoQuality: { codecPreferenceOrder: [codec] } })
    const bob = await join('Bob')
    const cem = await join('Cem')
    // who only watches leaves the processor to the encoder
    await Promise.all([bob.toggle('camera'), cem.toggle('camera')])
    await cem.page.setViewportSize(small)
    const sees = (page: Participant['page'], what: string, heights: readonly number[]) =>
      eventually(
        what,
        () => receivedHeights(page),
        (seen) => seen.join() === heights.join(),
        60_000,
      )
    await eventually(
      `Ada sends ${codec} alone`,
      () => sentVideoCodecs(ada.page),
      (codecs) => codecs.join() === `video/${codec}`,
    )
    await sees(bob.page, 'Bob has Ada in full', [720])
    await sees(cem.page, 'Cem has a thumbnail', [180])
    assert.deepEqual(await runningHeights(ada.page), [720], 'Ada sends one stream')

    const [up] = await Promise.all([
      longestStall(cem.page, 6000),
      cem.page.setViewportSize(large).then(() => sees(cem.page, 'Cem has Ada in full', [720])),
    ])
    assert.ok(up < noticeableMs, `the picture stood still for ${up} ms when it grew`)
    const [down] = await Promise.all([
      longestStall(cem.page, 6000),
      cem.page.setViewportSize(small).then(() => sees(cem.page, 'Cem has a thumbnail again', [180])),
    ])
    assert.ok(down < noticeableMs, `the picture stood still for ${down} ms when it shrank`)
    await sees(bob.page, 'Bob still has Ada in full', [720])
    await Promise.all([ada.leave(), bob.leave(), cem.leave()])
  })
}
