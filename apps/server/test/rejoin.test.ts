import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { launchChromium } from './support/chromium.ts'
import type { TestBrowser } from './support/chromium.ts'
import { Participant } from './support/participant.ts'
import type { Tile } from './support/participant.ts'
import { assertReceives } from './support/received-media.ts'
import { ServerProcess } from './support/server-process.ts'

let dataDirectory: string
let browser: TestBrowser
let server: ServerProcess | undefined
before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'parley-rejoin-'))
  browser = await launchChromium()
})
after(async () => {
  server?.kill()
  await browser?.close()
  await rm(dataDirectory, { recursive: true, force: true })
})

function start(ports: Readonly<Record<string, string>> = {}): ServerProcess {
  const args = ['-C', 'source', '--import', 'tsx', 'apps/server/src/main.ts', 'start']
  return new ServerProcess(process.execPath, args, { PARLEY_DATA_DIR: dataDirectory, ...ports })
}

/** Lines at error level or above of a log in JSON, and whatever else is no such line. */
function errorsIn(log: string): readonly string[] {
  const isHarmless = (line: string): boolean => /^{"level":[1-4]0,/.test(line)
  return log.split('\n').filter((line) => line !== '' && !isHarmless(line))
}

const tileOf = (tiles: readonly Tile[], name: string): Tile | undefined => tiles.find(({ text }) => text.includes(name))

test('a server that stops and starts again gets its people back by themselves, as they were', {
  timeout: 150_000,
}, async (t) => {
  server = start()
  const origin = await server.ready()
  const people = [
    await Participant.join(browser, { origin, room: 'rejoin', name: 'Ada' }),
    await Participant.join(browser, { origin, room: 'rejoin', name: 'Bob' }),
  ] as const
  const [ada, bob] = people
  for (const { page } of people) await assertReceives(page, { pictures: 1, voices: 1 })
  await ada.say('before the restart')
  await bob.hears('before the restart')
  await bob.toggle('camera')
  await ada.seesTiles('Bob without a picture', (tiles) => tileOf(tiles, 'Bob')?.isVideoMuted === true)

  await t.test('while it is down they read that the page is trying again', async () => {
    server?.signal('SIGTERM')
    const { code, stderr = '' } = (await server?.ended) ?? {}
    assert.equal(code, 0)
    assert.deepEqual(errorsIn(stderr), [], 'stopping with people present is no error')
    for (const { page } of people) await page.getByText('Connection lost, trying again…').waitFor()
  })

  await t.test('within 15 s of its return they see, hear and read each other', async () => {
    server = start({ HTTPS_PORT: new URL(origin).port })
    assert.equal(await server.ready(), origin)
    const returnedAt = performance.now()
    for (const person of people) await person.seesPeople(['Ada', 'Bob'], 15_000)
    await assertReceives(bob.page, { pictures: 1, voices: 1 }, 15_000)
    await assertReceives(ada.page, { pictures: 0, voices: 1 }, 15_000)
    const tookMs = performance.now() - returnedAt
    assert.ok(tookMs <= 15_000, `back after ${Math.round(tookMs)} ms`)
    t.diagnostic(`back after ${Math.round(tookMs)} ms`)
  })

  await t.test('what was muted is muted still, and what was said is there still', async () => {
    await ada.seesTiles('Bob without a picture', (tiles) => tileOf(tiles, 'Bob')?.isVideoMuted === true)
    for (const person of people) await person.hears('before the restart')
    await bob.say('after the restart')
    await ada.hears('after the restart')
    await bob.toggle('camera')
    await assertReceives(ada.page, { pictures: 1, voices: 1 })
  })
})
