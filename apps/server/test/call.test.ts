import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launchChromium } from './support/chromium.ts'
import type { TestBrowser } from './support/chromium.ts'
import { Participant } from './support/participant.ts'
import type { Tile } from './support/participant.ts'
import { assertReceives } from './support/received-media.ts'
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

const tileOf = (tiles: readonly Tile[], name: string): Tile | undefined =>
  tiles.find(({ text, videoType }) => text.includes(name) && videoType !== 'desktop')

test('three people meet in a room', { timeout: 170_000 }, async (t) => {
  const join = (name: string) => Participant.join(browser, { origin: server.origin, room: 'three', name })
  const ada = await join('Ada')
  const bob = await join('Bob')
  let cem = await join('Cem')
  const everybody = ['Ada', 'Bob', 'Cem']

  await t.test('each sees all, decodes both pictures in 720p and hears both voices', async () => {
    for (const person of [ada, bob, cem]) {
      await person.seesPeople(everybody)
      await assertReceives(person.page, { pictures: 2, voices: 2, minHeight: 720 })
    }
  })

  await t.test('a muted microphone and camera show for the others, and come back', async () => {
    await ada.toggle('mic')
    await bob.seesTiles('Ada without a voice', (tiles) => tileOf(tiles, 'Ada')?.isAudioMuted === true)
    await ada.toggle('camera')
    await cem.seesTiles('Ada without a picture', (tiles) => tileOf(tiles, 'Ada')?.isVideoMuted === true)
    await assertReceives(bob.page, { pictures: 1, voices: 1 })
    await ada.toggle('mic')
    await ada.toggle('camera')
    await bob.seesTiles('Ada back', (tiles) => {
      const tile = tileOf(tiles, 'Ada')
      return tile?.isAudioMuted === false && !tile.isVideoMuted
    })
    await assertReceives(bob.page, { pictures: 2, voices: 2 })
  })

  await t.test('chat goes both ways', async () => {
    await ada.say('hello from Ada')
    await Promise.all([bob.hears('hello from Ada'), cem.hears('hello from Ada')])
    await cem.say('hello from Cem')
    await Promise.all([ada.hears('hello from Cem'), bob.hears('hello from Cem')])
  })

  await t.test('a screen is shared beside the camera, and goes again', async () => {
    const screens = (tiles: readonly Tile[]): number => tiles.filter(({ videoType }) => videoType === 'desktop').length
    await bob.toggle('share')
    for (const person of [ada, cem]) await person.seesTiles("Bob's screen", (tiles) => screens(tiles) === 1)
    await assertReceives(ada.page, { pictures: 3, voices: 2 })
    await bob.toggle('share')
    for (const person of [ada, cem]) await person.seesTiles('no screen', (tiles) => screens(tiles) === 0)
  })

  await t.test('after a reload there is one Cem, not two', async () => {
    await cem.page.reload()
    await cem.hook('leave').waitFor()
    for (const person of [ada, bob, cem]) await person.seesPeople(everybody, 20_000)
    await assertReceives(cem.page, { pictures: 2, voices: 2 })
    await assertReceives(ada.page, { pictures: 2, voices: 2 })
  })

  await t.test('who leaves is gone', async () => {
    await cem.leave()
    for (const person of [ada, bob]) await person.seesPeople(['Ada', 'Bob'])
    cem = await join('Cem')
    await ada.seesPeople(everybody)
  })

  await t.test('a tab that is killed is gone within 20 s', async () => {
    await cem.crash()
    for (const person of [ada, bob]) await person.seesPeople(['Ada', 'Bob'], 20_000)
    await assertReceives(ada.page, { pictures: 1, voices: 1 })
  })

  await t.test('nothing of this was an error in the page of who stayed', () => {
    assert.deepEqual(ada.problems, [])
  })
})
