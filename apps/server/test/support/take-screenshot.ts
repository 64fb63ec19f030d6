/** Takes docs/images/call.png from a real call: node -C source --import tsx apps/server/test/support/take-screenshot.ts */
import { fileURLToPath } from 'node:url'
import { launchChromium } from './chromium.ts'
import { Participant } from './participant.ts'
import { assertReceives } from './received-media.ts'
import { startTestServer } from './test-server.ts'

const [server, browser] = await Promise.all([startTestServer(), launchChromium()])
try {
  const join = (name: string) => Participant.join(browser, { origin: server.origin, room: 'monday-morning', name })
  const ada = await join('Ada')
  const others = [await join('Grace'), await join('Linus'), await join('Margaret')]
  await ada.page.setViewportSize({ width: 1280, height: 720 })
  await ada.seesPeople(['Ada', 'Grace', 'Linus', 'Margaret'])
  await others[1]?.toggle('mic')
  await others[2]?.toggle('camera')
  await others[0]?.say('Good morning! Shall we start?')
  await ada.hears('Good morning')
  await ada.say('Yes, everybody is here.')
  await assertReceives(ada.page, { pictures: 2, voices: 2 })
  await ada.page.waitForTimeout(8000)
  await ada.page.screenshot({ path: fileURLToPath(new URL('../../../../docs/images/call.png', import.meta.url)) })
} finally {
  await browser.close()
  await server.close()
}
