/** People whose network lets no UDP through, in one room with somebody whose network does. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Page } from 'playwright-core'
import { launchChromium } from './support/chromium.ts'
import type { TestBrowser } from './support/chromium.ts'
import { Participant } from './support/participant.ts'
import { assertReceives } from './support/received-media.ts'
import { startTestServer } from './support/test-server.ts'
import type { TestServer } from './support/test-server.ts'

let server: TestServer
let browser: TestBrowser
before(async () => {
  const environment = { JVB_TCP_HARVESTER_DISABLED: '0', JVB_TCP_PORT: '0' }
  ;[server, browser] = await Promise.all([startTestServer(environment), launchChromium()])
})
after(async () => {
  await browser?.close()
  await server?.close()
})

/** Runs in the page before its scripts: of the server's addresses, those for UDP are lost. */
function loseUdpCandidates(): void {
  interface Description {
    readonly type: string
    readonly sdp: string
  }
  const { prototype } = (
    globalThis as unknown as {
      RTCPeerConnection: { prototype: { setRemoteDescription(description: Description): Promise<void> } }
    }
  ).RTCPeerConnection
  const original = prototype.setRemoteDescription
  prototype.setRemoteDescription = function ({ type, sdp }) {
    return original.call(this, { type, sdp: sdp.replace(/a=candidate:\S+ \d+ udp .*\r\n/gi, '') })
  }
}

/** `udp` or `tcp` of the pairs in use. */
function protocols(page: Page): Promise<readonly string[]> {
  return page.evaluate(async () => {
    interface Report {
      readonly type: string
      readonly selectedCandidatePairId?: string
      readonly localCandidateId?: string
      readonly protocol?: string
    }
    const { peerConnections } = globalThis as unknown as {
      peerConnections: { getStats(): Promise<Map<string, Report>> }[]
    }
    const all = await Promise.all(peerConnections.map((connection) => connection.getStats()))
    return all.flatMap((stats) =>
      [...stats.values()]
        .filter(({ type }) => type === 'transport')
        .map(({ selectedCandidatePairId = '' }) => {
          const pair = stats.get(selectedCandidatePairId)
          return stats.get(pair?.localCandidateId ?? '')?.protocol ?? 'none'
        }),
    )
  })
}

test('two without UDP and one with it see and hear each other', { timeout: 120_000 }, async () => {
  const withoutUdp: TestBrowser = {
    ...browser,
    async open(onProblem) {
      const page = await browser.open(onProblem)
      await page.addInitScript(loseUdpCandidates)
      return page
    },
  }
  const join = (where: TestBrowser, name: string) =>
    Participant.join(where, { origin: server.origin, room: 'tcp', name })
  const ada = await join(withoutUdp, 'Ada')
  const bob = await join(withoutUdp, 'Bob')
  const cem = await join(browser, 'Cem')
  for (const person of [ada, bob, cem]) await assertReceives(person.page, { pictures: 2, voices: 2, minHeight: 360 })
  assert.deepEqual(await protocols(ada.page), ['tcp'])
  assert.deepEqual(await protocols(bob.page), ['tcp'])
  // Told of both, he takes the better one.
  assert.deepEqual(await protocols(cem.page), ['udp'])
  for (const person of [ada, bob, cem]) await person.leave()
})
