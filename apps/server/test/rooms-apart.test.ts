import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launchChromium } from './support/chromium.ts'
import type { TestBrowser } from './support/chromium.ts'
import { Participant } from './support/participant.ts'
import { assertReceives, received } from './support/received-media.ts'
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

test('people in two rooms share neither pictures, voices nor lines', { timeout: 120_000 }, async () => {
  const join = (room: string, name: string) => Participant.join(browser, { origin: server.origin, room, name })
  const [ada, bob] = [await join('north', 'Ada'), await join('north', 'Bob')]
  const [cem, dora] = [await join('south', 'Cem'), await join('south', 'Dora')]
  for (const [person, people] of [
    [ada, ['Ada', 'Bob']],
    [bob, ['Ada', 'Bob']],
    [cem, ['Cem', 'Dora']],
    [dora, ['Cem', 'Dora']],
  ] as const) {
    await person.seesPeople(people)
    await assertReceives(person.page, { pictures: 1, voices: 1 })
    // More would be somebody else's: the bridge's own permanent sources never carry anything.
    const { video, audio } = await received(person.page)
    assert.equal(video.filter(({ framesDecoded }) => framesDecoded > 0).length, 1)
    assert.equal(audio.filter(({ packetsReceived }) => packetsReceived > 0).length, 1)
  }
  await ada.say('only for the north')
  await bob.hears('only for the north')
  await cem.say('only for the south')
  await dora.hears('only for the south')
  for (const person of [cem, dora]) {
    const lines = await person.hook('chat-message').allInnerTexts()
    assert.equal(
      lines.some((line) => line.includes('north')),
      false,
    )
  }
})
