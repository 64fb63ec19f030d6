import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { WebSocket } from 'ws'
import { launchChromium } from './support/chromium.ts'
import type { TestBrowser } from './support/chromium.ts'
import { Participant } from './support/participant.ts'
import { assertReceives } from './support/received-media.ts'
import { startTestServer } from './support/test-server.ts'
import type { TestServer } from './support/test-server.ts'

let server: TestServer
let browser: TestBrowser
before(async () => {
  ;[server, browser] = await Promise.all([startTestServer({ LOG_LEVEL: 'error' }), launchChromium()])
})
after(async () => {
  await browser?.close()
  await server?.close()
})

test('garbage is refused with one clear error, and the call next door goes on', { timeout: 170_000 }, async (t) => {
  const join = (name: string) => Participant.join(browser, { origin: server.origin, room: 'calm', name })
  const [ada, bob] = [await join('Ada'), await join('Bob')]
  const isUndisturbed = async (): Promise<void> => {
    for (const person of [ada, bob]) await assertReceives(person.page, { pictures: 1, voices: 1 })
  }
  await isUndisturbed()

  await t.test('signalling: each stream ends with the condition that says what was wrong', async () => {
    const nested = `${'<a>'.repeat(500)}${'</a>'.repeat(500)}`
    const cases: [string, string | Buffer, string][] = [
      ['broken XML', '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" ', 'not-well-formed'],
      ['no XML at all', '\u0001\u0002 hello', 'not-well-formed'],
      ['a wrong namespace', '<open xmlns="jabber:client" to="meet.jitsi" version="1.0"/>', 'invalid-namespace'],
      ['an unknown domain', OPEN.replace('meet.jitsi', 'nowhere.example'), 'host-unknown'],
      ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'restricted-xml'],
      ['deep nesting', nested, 'policy-violation'],
      ['a binary frame', Buffer.from([1, 2, 3]), 'unsupported-encoding'],
    ]
    for (const [what, frame, condition] of cases) {
      const { frames } = await exchange([frame])
      assert.equal(/<stream:error[^>]*><([\w-]+)/.exec(frames.join('\n'))?.[1], condition, what)
    }
  })

  await t.test('signalling: an oversized frame ends the socket with 1009', async () => {
    const { code } = await exchange([OPEN, `<message><body>${'x'.repeat(600_000)}</body></message>`])
    assert.equal(code, 1009)
  })

  await t.test('bridge channels: unknown rooms and wrong passwords are 403 and 404', async () => {
    for (const path of [
      '/colibri-ws/parley/none/none?pwd=x',
      '/colibri-ws/',
      '/colibri-ws/a/b/c/d',
      '/colibri-ws/%00/%/x',
    ]) {
      assert.ok([403, 404].includes(await refusal(path)), path)
    }
  })

  await t.test('the media port: random and truncated STUN, DTLS, RTP and RTCP', async () => {
    const socket = createSocket('udp4')
    const first = fc.constantFrom(0, 1, 2, 3, 20, 22, 23, 63, 64, 79, 128, 144, 191, 255)
    const packet = fc
      .tuple(first, fc.uint8Array({ maxLength: 1400 }))
      .map(([byte, rest]) => Buffer.from([byte, ...rest]))
    const stun = fc
      .tuple(fc.integer({ min: 0, max: 0xffff }), fc.uint8Array({ minLength: 12, maxLength: 200 }))
      .map(([type, rest]) =>
        Buffer.concat([u16(type & 0x3fff), u16(rest.length - 12), MAGIC_COOKIE, Buffer.from(rest)]),
      )
    for (const bytes of fc.sample(fc.oneof(packet, stun), { numRuns: 5000, seed: 4 })) {
      await new Promise((resolve) => socket.send(bytes, server.mediaPort, '127.0.0.1', resolve))
    }
    socket.close()
  })

  await isUndisturbed()
  for (const person of [ada, bob]) await person.seesPeople(['Ada', 'Bob'])
})

/** Sends the frames, each after the answer to the one before, and collects what comes until the socket ends. */
function exchange(frames: readonly (string | Buffer)[]): Promise<{ code: number; frames: readonly string[] }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.origin.replace(/^http/, 'ws')}/xmpp-websocket`, 'xmpp', {
      rejectUnauthorized: false,
    })
    const received: string[] = []
    const timer = setTimeout(() => reject(new Error(`still open; received: ${received.join('\n')}`)), 10_000)
    const rest = [...frames]
    const sendNext = (): void => {
      const frame = rest.shift()
      if (frame !== undefined) socket.send(frame)
    }
    socket.on('open', sendNext)
    socket.on('message', (data: Buffer) => {
      received.push(data.toString('utf8'))
      sendNext()
    })
    socket.on('error', reject)
    socket.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, frames: received })
    })
  })
}

function refusal(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.origin.replace(/^http/, 'ws')}${path}`, { rejectUnauthorized: false })
    socket.on('open', () => reject(new Error(`${path} was admitted`)))
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
    socket.on('error', () => {})
  })
}

function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff])
}

const MAGIC_COOKIE = Buffer.from([0x21, 0x12, 0xa4, 0x42])
const OPEN = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="meet.jitsi" version="1.0"/>'
