import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createSocket } from 'node:dgram'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { launchChromium } from './support/chromium.ts'
import { ServerProcess } from './support/server-process.ts'

let dataDirectory: string
before(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'parley-process-'))
})
after(() => rm(dataDirectory, { recursive: true, force: true }))

function parley(command: string, environment: Readonly<Record<string, string>> = {}): ServerProcess {
  const args = ['-C', 'source', '--import', 'tsx', 'apps/server/src/main.ts', command]
  return new ServerProcess(process.execPath, args, { PARLEY_DATA_DIR: dataDirectory, ...environment })
}

function npmStart(): ServerProcess {
  return new ServerProcess('npm', ['start'], { PARLEY_DATA_DIR: dataDirectory })
}

test('npm start with nothing changed is ready within 3 s, and Ctrl-C ends it with 0', {
  timeout: 120_000,
}, async () => {
  const first = npmStart()
  try {
    await first.ready(90_000)
    first.signal('SIGINT')
    assert.equal((await first.ended).code, 0)
  } finally {
    first.kill()
  }

  const startedAt = performance.now()
  const again = npmStart()
  try {
    const url = await again.ready()
    const readyAfterMs = performance.now() - startedAt
    assert.match(url, /^https:\/\/localhost:\d+$/)
    assert.ok(readyAfterMs <= 3000, `ready after ${Math.round(readyAfterMs)} ms`)
    const stoppedAt = performance.now()
    again.signal('SIGINT')
    const { code, stdout } = await again.ended
    assert.equal(code, 0)
    assert.ok(performance.now() - stoppedAt < 5000)
    assert.match(stdout, /\d+\/udp +audio and video/)
  } finally {
    again.kill()
  }
})

test('SIGTERM with people connected tells them and ends with 0 within seconds', { timeout: 60_000 }, async () => {
  const server = parley('start')
  const browser = await launchChromium()
  try {
    const url = await server.ready()
    const page = await browser.open()
    await page.goto(url)
    const closed = page.evaluate(async () => {
      interface Socket {
        onopen: () => void
        onclose: (event: { code: number }) => void
      }
      const scope = globalThis as unknown as {
        location: { host: string }
        WebSocket: new (url: string, protocol: string) => Socket
        opened: boolean
      }
      const socket = new scope.WebSocket(`wss://${scope.location.host}/xmpp-websocket`, 'xmpp')
      return new Promise<number>((resolve) => {
        socket.onopen = () => {
          scope.opened = true
        }
        socket.onclose = ({ code }) => resolve(code)
      })
    })
    await page.waitForFunction(() => (globalThis as unknown as { opened?: boolean }).opened === true)
    const stoppedAt = performance.now()
    server.signal('SIGTERM')
    const { code } = await server.ended
    assert.equal(code, 0)
    assert.ok(performance.now() - stoppedAt < 5000)
    assert.equal(await closed, 1001)
  } finally {
    server.kill()
    await browser.close()
  }
})

test('a port in use is one sentence that names the setting, and exit code 1', { timeout: 60_000 }, async () => {
  const tcp = createServer()
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve))
  const udp = createSocket('udp4')
  await new Promise<void>((resolve) => udp.bind(0, '0.0.0.0', resolve))
  try {
    for (const [setting, port] of [
      ['HTTPS_PORT', (tcp.address() as AddressInfo).port],
      ['JVB_PORT', udp.address().port],
    ] as const) {
      const { code, stderr } = await parley('start', { [setting]: String(port) }).ended
      assert.equal(code, 1)
      assert.equal(stderr.trim().split('\n').length, 1, stderr)
      assert.match(stderr, new RegExp(`\\b${port}\\b.*\\b${setting}\\b`))
    }
  } finally {
    tcp.close()
    udp.close()
  }
})

test('mistakes in the settings are told all at once, and nothing starts', { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await parley('start', { HTTP_PORT: 'x', JVB_PORT: '-1', PARLEY_DATADIR: '/' }).ended
  assert.equal(code, 1)
  assert.equal(stdout, '')
  for (const part of ['HTTP_PORT', 'JVB_PORT', 'PARLEY_DATA_DIR?']) assert.ok(stderr.includes(part), stderr)
})

test('parley config shows what is in effect and where it comes from', { timeout: 60_000 }, async () => {
  const { code, stdout } = await parley('config', { XMPP_DOMAIN: 'Meet.Example' }).ended
  assert.equal(code, 0)
  assert.match(stdout, /^XMPP_DOMAIN +meet\.example +environment$/m)
  assert.match(stdout, /^XMPP_MUC_DOMAIN +muc\.meet\.example +default$/m)
})
