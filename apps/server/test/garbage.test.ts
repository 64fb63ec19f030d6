/**
 * Garbage on every port is refused with one clear error where there is someone to tell, and costs nothing else: a call in
 * the next room goes on undisturbed throughout.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bot, BotFleet } from '@parley/bots'
import { WebSocket } from 'ws'
import { startBots } from './support/bots.ts'
import { eventually } from './support/eventually.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let fleet: BotFleet
let bots: Bot[]

before(async () => {
  server = await startTestServer()
  fleet = startBots(server)
  bots = [
    await fleet.join({ room: 'undisturbed', name: 'Ada' }),
    await fleet.join({ room: 'undisturbed', name: 'Bob' }),
  ]
  await eventually(
    'media both ways',
    async () => bots.map((bot) => bot.received().packets),
    (packets) => packets.every((count) => count > 100),
  )
})

after(async () => {
  await fleet.close()
  await server.close()
})

test('garbage on the media port', () =>
  undisturbed(async () => {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.connect(server.mediaPort, '127.0.0.1', resolve))
    const answers: Buffer[] = []
    socket.on('message', (answer) => answers.push(answer))
    const datagrams = Object.values(mediaGarbage).flatMap((make) => Array.from({ length: 300 }, make))
    for (const [index, datagram] of datagrams.entries()) {
      socket.send(datagram)
      // some thousand a second, as much as a home connection could send
      if (index % 20 === 19) await sleep(5)
    }
    await sleep(300)
    socket.close()
    const sent = datagrams.reduce((sum, datagram) => sum + datagram.length, 0)
    const got = answers.reduce((sum, answer) => sum + answer.length, 0)
    assert.ok(got <= sent, `${got} bytes answered to ${sent} bytes of garbage`)
  }))

for (const { name, frames, error } of streamGarbage()) {
  test(`a stream that sends ${name} gets ${error}, once, and ends`, () =>
    undisturbed(async () => {
      const { socket, received } = await openStream()
      for (const frame of frames) socket.send(frame)
      await once(socket, 'close', { signal: AbortSignal.timeout(5_000) })
      const errors = received.filter((frame) => frame.includes('stream:error'))
      assert.equal(errors.length, 1, received.join('\n'))
      assert.match(errors[0] ?? '', new RegExp(`<${error} `))
    }))
}

test('a frame larger than any stanza ends its socket with code 1009', () =>
  undisturbed(async () => {
    const { socket } = await openStream()
    socket.send(`<message><body>${'x'.repeat(8 << 20)}</body></message>`)
    const [code] = (await once(socket, 'close', { signal: AbortSignal.timeout(5_000) })) as [number]
    assert.equal(code, 1009)
  }))

test('channel addresses that do not exist are refused before the upgrade', () =>
  undisturbed(async () => {
    for (const path of [
      '/colibri-ws/jvb1/unknown-conference/deadbeef?pwd=x',
      '/colibri-ws/unknown/unknown/unknown',
      '/colibri-ws/../../etc/passwd?pwd=x',
      `/colibri-ws/jvb1/${'c'.repeat(2000)}/deadbeef?pwd=x`,
      '/colibri-ws/%00/%ff/%zz?pwd=%',
    ]) {
      assert.match(await upgradeStatus(path), /^(400|403|404)$/, path)
    }
  }))

test('nonsense where HTTP is spoken', () =>
  undisturbed(async () => {
    const { port } = new URL(server.origin)
    for (const nonsense of [
      randomBytes(2000),
      Buffer.from('GET / HTTP/9.9\r\n\r\n'),
      Buffer.from(`GET /${'a'.repeat(70_000)} HTTP/1.1\r\n`),
    ]) {
      const socket = connect({ host: '127.0.0.1', port: Number(port), rejectUnauthorized: false })
      socket.on('error', () => undefined)
      socket.write(nonsense)
      socket.resume()
      await Promise.race([once(socket, 'close'), sleep(3_000)])
      socket.destroy()
    }
  }))

/** Runs `attack` and proves that the call next door lost nothing and nobody meanwhile. */
async function undisturbed(attack: () => Promise<void>): Promise<void> {
  const before = bots.map((bot) => bot.received())
  const start = performance.now()
  await attack()
  await sleep(Math.max(0, 500 - (performance.now() - start)))
  const seconds = (performance.now() - start) / 1000
  for (const [index, bot] of bots.entries()) {
    const now = bot.received()
    const got = now.packets - (before[index]?.packets ?? 0)
    const due = (50 + 60) * seconds
    assert.ok(got > due * 0.85, `only ${got} of ${due.toFixed(0)} packets came during the attack`)
    assert.equal(now.missing, before[index]?.missing)
    assert.equal(bot.conference.mediaState, 'connected')
    assert.equal(bot.conference.participants.size, 2)
  }
}

const mediaGarbage: Record<string, () => Buffer> = {
  random: () => randomBytes(1 + Math.floor(Math.random() * 1400)),
  // a binding request with a magic cookie, cut anywhere
  truncatedStun: () => {
    const stun = Buffer.concat([Buffer.from('000100502112a442', 'hex'), randomBytes(92)])
    return stun.subarray(0, Math.floor(Math.random() * stun.length))
  },
  // well formed but for the attributes
  strayStun: () => {
    const attributes = randomBytes(40)
    return Buffer.concat([Buffer.from('000100282112a442', 'hex'), randomBytes(12), attributes])
  },
  dtls: () => Buffer.concat([Buffer.from('16fefd0000000000000000', 'hex'), Buffer.from([0, 200]), randomBytes(200)]),
  rtp: () => Buffer.concat([Buffer.from([0x90, 100]), randomBytes(300)]),
  rtcp: () => Buffer.concat([Buffer.from([0x81, 206, 0, 2]), randomBytes(30)]),
}

function streamGarbage(): { name: string; frames: (string | Buffer)[]; error: string }[] {
  const nested = `${'<a>'.repeat(200)}${'</a>'.repeat(200)}`
  return [
    { name: 'broken XML', frames: ['<message><body></message>'], error: 'not-well-formed' },
    { name: 'no XML', frames: ['hello?'], error: 'not-well-formed' },
    { name: 'a document type', frames: ['<!DOCTYPE x [<!ENTITY a "b">]><message/>'], error: 'restricted-xml' },
    { name: 'deep nesting', frames: [`<message>${nested}</message>`], error: 'policy-violation' },
    {
      name: 'a stanza of 300 kB',
      frames: [`<message><body>${'x'.repeat(300_000)}</body></message>`],
      error: 'policy-violation',
    },
    { name: 'a wrong namespace', frames: ['<message xmlns="urn:example:other"/>'], error: 'invalid-namespace' },
    {
      name: 'a second header of another namespace',
      frames: ['<open xmlns="urn:wrong" to="meet.jitsi"/>'],
      error: 'unsupported-stanza-type',
    },
  ]
}

/** A stream that has logged in, with all frames that came since. */
async function openStream(): Promise<{ socket: WebSocket; received: string[] }> {
  const socket = new WebSocket(`${server.origin.replace('https', 'wss')}/xmpp-websocket`, 'xmpp', {
    rejectUnauthorized: false,
  })
  const received: string[] = []
  socket.on('message', (data) => received.push(String(data)))
  await once(socket, 'open')
  const exchange = async (frame: string, answer: string) => {
    socket.send(frame)
    await eventually(
      answer,
      async () => received.join(''),
      (text) => text.includes(answer),
      5_000,
    )
    received.length = 0
  }
  const open = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="meet.jitsi" version="1.0"/>'
  await exchange(open, 'ANONYMOUS')
  await exchange('<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>', '<success')
  await exchange(open, '<bind')
  await exchange('<iq type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>', '<jid')
  return { socket, received }
}

/** The HTTP status that answers an upgrade, or `open`. */
async function upgradeStatus(path: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(server.origin).port), rejectUnauthorized: false })
  let text = ''
  socket.on('data', (data) => (text += data.toString('latin1')))
  socket.on('error', () => undefined)
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  )
  await eventually(
    'an answer',
    async () => text,
    (answer) => answer.includes('\r\n'),
    5_000,
  )
  socket.destroy()
  return text.startsWith('HTTP/1.1 101') ? 'open' : (text.split(' ')[1] ?? '')
}
