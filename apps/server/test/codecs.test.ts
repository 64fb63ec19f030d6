import { after, before, test } from 'node:test'
import { launchChromium } from './support/chromium.ts'
import type { TestBrowser } from './support/chromium.ts'
import { eventually } from './support/eventually.ts'
import { Participant } from './support/participant.ts'
import { assertReceives, received } from './support/received-media.ts'
import { sentVideoCodecs } from './support/sent-media.ts'
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

const join = (room: string, name: string, config: Readonly<Record<string, unknown>>) =>
  Participant.join(browser, { origin: server.origin, room, name, config })
const preferring = (...codecPreferenceOrder: string[]) => ({ videoQuality: { codecPreferenceOrder } })
const sendsVideoIn = ({ page, name }: Participant, codec: string) =>
  eventually(
    `${name} sends ${codec}`,
    () => sentVideoCodecs(page),
    (codecs) => codecs.join() === codec,
  )

for (const [codec, mimeType] of [
  ['VP9', 'video/VP9'],
  ['AV1', 'video/AV1'],
  ['H264', 'video/H264'],
] as const) {
  test(`a call in ${codec}, with somebody who prefers VP8`, { timeout: 90_000 }, async () => {
    const room = `codec-${codec}`
    const ada = await join(room, 'Ada', preferring(codec))
    const bob = await join(room, 'Bob', preferring('VP8'))
    await sendsVideoIn(ada, mimeType)
    await sendsVideoIn(bob, 'video/VP8')
    await assertReceives(bob.page, { pictures: 1, voices: 1, minHeight: 360 })
    await assertReceives(ada.page, { pictures: 1, voices: 1, minHeight: 360 })
    await Promise.all([ada.leave(), bob.leave()])
  })
}

test('the codec changes for who cannot take it, and back when he leaves', { timeout: 90_000 }, async () => {
  const ada = await join('codec-change', 'Ada', preferring('VP9'))
  const bob = await join('codec-change', 'Bob', preferring('VP9'))
  await sendsVideoIn(ada, 'video/VP9')
  const cem = await Participant.join(browser, {
    origin: server.origin,
    room: 'codec-change',
    name: 'Cem',
    onlyCodecs: ['video/VP8'],
  })
  await sendsVideoIn(ada, 'video/VP8')
  await assertReceives(bob.page, { pictures: 2, voices: 2 })
  await assertReceives(cem.page, { pictures: 2, voices: 2 })
  await cem.leave()
  await sendsVideoIn(ada, 'video/VP9')
  await assertReceives(bob.page, { pictures: 1, voices: 1 })
})

test('sound with redundancy and discontinuous transmission', { timeout: 60_000 }, async () => {
  const config = { enableOpusRed: true, audioQuality: { enableOpusDtx: true } }
  const ada = await join('sound', 'Ada', config)
  const bob = await join('sound', 'Bob', config)
  await assertReceives(bob.page, { pictures: 1, voices: 1 })
  // without losses every packet but the first repeats what has been heard
  await eventually(
    'sound comes twice',
    () => received(bob.page),
    ({ audio }) => audio.some(({ packetsDiscarded }) => packetsDiscarded > 50),
  )
  await assertReceives(ada.page, { pictures: 1, voices: 1 })
  await ada.toggle('mic')
  await bob.seesTiles('Ada without a voice', (tiles) => tiles.some((t) => t.text.includes('Ada') && t.isAudioMuted))
  const packets = async () =>
    (await received(bob.page)).audio.reduce((sum, { packetsReceived }) => sum + packetsReceived, 0)
  const before = await packets()
  await bob.page.waitForTimeout(3000)
  const rate = ((await packets()) - before) / 3
  // 50 a second without it
  if (rate > 15) throw new Error(`silence takes ${rate} packets a second`)
})
