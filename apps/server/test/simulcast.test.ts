import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launchChromium } from './support/chromium.ts'
import type { TestBrowser } from './support/chromium.ts'
import { eventually } from './support/eventually.ts'
import { Participant } from './support/participant.ts'
import { longestStall, receivedHeights } from './support/received-media.ts'
import { runningHeights, sentVideoCodecs } from './support/sent-media.ts'
import { joinWithStockClient, serveStockPages } from './support/stock-client.ts'
import type { StockPages } from './support/stock-client.ts'
import { startTestServer } from './support/test-server.ts'
import type { TestServer } from './support/test-server.ts'

let server: TestServer
let browser: TestBrowser
let pages: StockPages
before(async () => {
  ;[server, browser, pages] = await Promise.all([startTestServer(), launchChromium(), serveStockPages()])
})
after(async () => {
  await Promise.all([browser?.close(), pages?.close()])
  await server?.close()
})

/** So small that every tile asks for thumbnails. */
const small = { width: 420, height: 400 }
const large = { width: 1680, height: 1080 }
/** A receiver's step takes a key frame of another encoding, and a decoder that starts anew; a freeze is longer. */
const freezeMs = 2000
/** The lines of each moving picture, largest first. */
const sees = (page: Participant['page'], what: string, heights: readonly number[]) =>
  eventually(
    what,
    () => receivedHeights(page),
    (seen) => seen.join() === heights.join(),
    45_000,
  )
/** The lines of each encoding that the camera is sent in, lowest first. */
const sends = (page: Participant['page'], what: string, heights: readonly number[]) =>
  eventually(
    what,
    () => runningHeights(page),
    (sent) => sent.join() === heights.join(),
    45_000,
  )

test('each receiver gets the size it can show, and senders rest what nobody shows', { timeout: 170_000 }, async (t) => {
  const join = (name: string) => Participant.join(browser, { origin: server.origin, room: 'sizes', name })
  const ada = await join('Ada')
  const bob = await join('Bob')
  const cem = await join('Cem')
  await cem.page.setViewportSize(small)

  await t.test('Cem has thumbnails of the same cameras that the others have in full', async () => {
    await sends(ada.page, 'Ada sends three sizes', [180, 360, 720])
    await sees(bob.page, 'Bob has both in full', [720, 720])
    await sees(cem.page, 'Cem has thumbnails', [180, 180])
    await sees(ada.page, 'Ada has both in full', [720, 720])
  })

  await t.test('with small windows everywhere the larger sizes are not sent any more', async () => {
    await bob.page.setViewportSize(small)
    await sends(ada.page, 'Ada sends thumbnails only', [180])
    await sees(bob.page, 'Bob has thumbnails', [180, 180])
  })

  await t.test('a window that grows gets the full size again', async () => {
    await cem.page.setViewportSize(large)
    await sees(cem.page, 'Cem has both in full', [720, 720])
    await sees(bob.page, 'Bob still has thumbnails', [180, 180])
  })
})

test('a camera in H.264 comes in sizes, too, and no step from one to another freezes the picture', {
  timeout: 150_000,
}, async () => {
  const join = (name: string, config: Readonly<Record<string, unknown>> = {}) =>
    Participant.join(browser, { origin: server.origin, room: 'sizes-of-h264', name, config })
  const ada = await join('Ada', { videoQuality: { codecPreferenceOrder: ['H264'] } })
  const bob = await join('Bob')
  const cem = await join('Cem')
  // who only watches leaves the processor to the encoder
  await Promise.all([bob.toggle('camera'), cem.toggle('camera')])
  await cem.page.setViewportSize(small)
  await eventually(
    'Ada sends H.264 alone',
    () => sentVideoCodecs(ada.page),
    (codecs) => codecs.join() === 'video/H264',
  )
  await sends(ada.page, 'Ada sends three sizes', [180, 360, 720])
  await sees(bob.page, 'Bob has Ada in full', [720])
  await sees(cem.page, 'Cem has a thumbnail', [180])

  const [up] = await Promise.all([
    longestStall(cem.page, 6000),
    cem.page.setViewportSize(large).then(() => sees(cem.page, 'Cem has Ada in full', [720])),
  ])
  assert.ok(up < freezeMs, `the picture stood still for ${up} ms when it grew`)
  const [down] = await Promise.all([
    longestStall(cem.page, 6000),
    cem.page.setViewportSize(small).then(() => sees(cem.page, 'Cem has a thumbnail again', [180])),
  ])
  assert.ok(down < freezeMs, `the picture stood still for ${down} ms when it shrank`)
  await sees(bob.page, 'Bob still has Ada in full', [720])
})

test('stock clients send and receive sizes, too', { timeout: 120_000 }, async () => {
  const room = 'sizes-of-stock'
  const own = await Participant.join(browser, { origin: server.origin, room, name: 'Olga' })
  const stock = await joinWithStockClient(browser, pages, { serverOrigin: server.origin, room, name: 'Stefan' })
  await sends(stock.page, 'the stock client sends three sizes', [180, 360, 720])
  await sees(own.page, 'Olga has Stefan in full', [720])
  await sees(stock.page, 'Stefan has Olga in full', [720])
  await stock.setMaxHeight(180)
  await sees(stock.page, 'Stefan has a thumbnail', [180])
  await sends(own.page, 'Olga sends a thumbnail only', [180])
  await own.page.setViewportSize(small)
  await sees(own.page, 'Olga has a thumbnail', [180])
  await sends(stock.page, 'Stefan sends a thumbnail only', [180])
  await stock.setMaxHeight(360)
  await sees(stock.page, 'Stefan has half the size', [360])
})
