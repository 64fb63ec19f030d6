/** Real Chromium with a camera and a microphone that are not real: a moving picture at 20 frames/s and a beep each second. */
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'

export interface TestBrowser {
  /** A person of his own: nothing is shared with others but the process. `onProblem` hears the page's errors. */
  open(onProblem?: (text: string) => void): Promise<Page>
  close(): Promise<void>
}

/** @param executablePath another program than the Chromium of this machine, one that runs it elsewhere */
export async function launchChromium(
  extraArgs: readonly string[] = [],
  executablePath = chromiumPath(),
): Promise<TestBrowser> {
  const browser: Browser = await chromium.launch({ executablePath, args: [...ARGS, ...extraArgs] })
  return {
    async open(onProblem) {
      const context: BrowserContext = await browser.newContext({
        ignoreHTTPSErrors: true,
        // Large enough that three tiles ask for 720 lines.
        viewport: { width: 1680, height: 1080 },
      })
      const page = await context.newPage()
      page.setDefaultTimeout(20_000)
      // The loader that runs these sources wraps named functions, those for the page too, in a call of this name.
      await page.addInitScript('globalThis.__name = (target) => target')
      await page.addInitScript(watchPeerConnections)
      page.on('pageerror', (error) => onProblem?.(String(error.stack ?? error)))
      page.on('console', (message) => {
        if (message.type() === 'error') onProblem?.(message.text())
      })
      return page
    },
    close: () => browser.close(),
  }
}

export function chromiumPath(): string {
  const candidates = [process.env.PARLEY_TEST_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome']
  const found = candidates.find((path) => path !== undefined && existsSync(path))
  if (!found)
    throw new Error('There is no Chromium: install Debian\'s "chromium", or set PARLEY_TEST_CHROMIUM to its path.')
  return found
}

/** Runs in the page before its own scripts: keeps every peer connection at hand for `received()`. */
function watchPeerConnections(): void {
  const scope = globalThis as unknown as {
    RTCPeerConnection: new (...args: unknown[]) => object
    peerConnections: object[]
  }
  const connections: object[] = []
  scope.peerConnections = connections
  scope.RTCPeerConnection = class extends scope.RTCPeerConnection {
    constructor(...args: unknown[]) {
      super(...args)
      connections.push(this)
    }
  }
}

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
]
