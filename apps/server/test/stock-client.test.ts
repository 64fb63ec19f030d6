import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launchChromium } from './support/chromium.ts'
import type { TestBrowser } from './support/chromium.ts'
import { eventually } from './support/eventually.ts'
import { Participant } from './support/participant.ts'
import { assertReceives } from './support/received-media.ts'
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

test('two stock clients meet: media both ways, chat both ways, mute, leave', { timeout: 120_000 }, async () => {
  const room = 'stock-two'
  const join = (name: string) => joinWithStockClient(browser, pages, { serverOrigin: server.origin, room, name })
  const ada = await join('Ada')
  const bob = await join('Bob')
  const adaId = (await ada.state()).endpointId ?? ''
  const bobId = (await bob.state()).endpointId ?? ''

  for (const [client, other] of [
    [ada, bobId],
    [bob, adaId],
  ] as const) {
    await eventually(
      'the tracks of the other',
      () => client.state(),
      ({ tracks }) => tracks[other]?.join() === 'audio,camera',
    )
    await assertReceives(client.page, { pictures: 1, voices: 1, minHeight: 720 })
  }

  await ada.sendChat('hello from Ada')
  await bob.sendChat('hello from Bob')
  const reads = (from: string, text: string) => (state: Awaited<ReturnType<typeof ada.state>>) =>
    state.messages.some((message) => message.from === from && message.text === text)
  await eventually('Bob reads Ada', () => bob.state(), reads(adaId, 'hello from Ada'))
  await eventually('Ada reads Bob', () => ada.state(), reads(bobId, 'hello from Bob'))

  await ada.setMuted('audio', true)
  await eventually(
    'Ada is muted for Bob',
    () => bob.state(),
    ({ muted }) => muted.includes(`${adaId} audio`),
  )
  await ada.setMuted('audio', false)
  await eventually(
    'Ada is heard again',
    () => bob.state(),
    ({ muted }) => !muted.includes(`${adaId} audio`),
  )

  await ada.leave()
  await eventually(
    'Ada has left',
    () => bob.state(),
    ({ participants }) => participants.length === 0,
  )
  assert.deepEqual((await bob.state()).events, ['connected'])
})

test('the stock client and our own meet: media both ways, chat both ways', { timeout: 120_000 }, async () => {
  const room = 'stock-and-own'
  const own = await Participant.join(browser, { origin: server.origin, room, name: 'Olga' })
  const stock = await joinWithStockClient(browser, pages, { serverOrigin: server.origin, room, name: 'Stefan' })
  await own.seesPeople(['Olga', 'Stefan'])
  await assertReceives(own.page, { pictures: 1, voices: 1, minHeight: 720 })
  await assertReceives(stock.page, { pictures: 1, voices: 1, minHeight: 720 })
  await own.say('hello from Olga')
  await eventually(
    'Stefan reads Olga',
    () => stock.state(),
    ({ messages }) => messages.some(({ text }) => text === 'hello from Olga'),
  )
  await stock.sendChat('hello from Stefan')
  await own.hears('hello from Stefan')
})
