/** Peers that mean no good, each of which must cost itself only. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { keepSelfSignedCertificate, openEdge } from '../src/index.ts'
import type { Edge, EdgeOptions, SocketRoute } from '../src/index.ts'

const largeBytes = 32 * 1024 * 1024
let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-edge-hostile-'))
  await writeFile(join(directory, 'index.html'), '<!doctype html><title>the app</title>')
  await writeFile(join(directory, 'large.wasm'), Buffer.alloc(largeBytes))
})
after(() => rm(directory, { recursive: true }))

const route: SocketRoute = {
  match: 'exact',
  path: '/ws',
  plainGet: 'ok',
  maxMessageBytes: 1000,
  maxBufferedBytes: 100_000,
  pingIntervalMs: 60_000,
  authorize: () => ({ kind: 'admitted', open: () => ({ onText() {}, onBinary() {}, onClose() {} }) }),
}

async function withEdge(options: Partial<EdgeOptions>, use: (edge: Edge) => Promise<void>): Promise<void> {
  const edge = await openEdge({
    httpPort: 0,
    redirectsToHttps: false,
    bindAddress: '127.0.0.1',
    webRoot: directory,
    generated: { '/config.js': ({ origin }) => ({ contentType: 'text/javascript', body: origin }) },
    routes: [route],
    onError: () => {},
    ...options,
  })
  try {
    await use(edge)
  } finally {
    await edge.close(200)
  }
}

function open(port: number): Socket {
  return connect(port, '127.0.0.1').on('error', () => {})
}

/** All that comes until the end of the connection. */
async function exchange(port: number, request: string): Promise<string> {
  const socket = open(port)
  socket.end(request)
  let answer = ''
  for await (const chunk of socket) answer += String(chunk)
  return answer
}

/** Whether the server ends the connection in time. */
function isCut(socket: Socket, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), withinMs)
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}

test('a host that looks like one and is none gets an answer, and the server stays', async () => {
  const certificate = await keepSelfSignedCertificate(join(directory, 'tls'))
  await withEdge({ https: { port: 0, certificate }, redirectsToHttps: true }, async (edge) => {
    for (const host of ['a:99999', '[::::]', '1.2.3.4.5', '256.1.1.1', 'xn--a', '[1]', 'a..b:0']) {
      const answer = await exchange(edge.httpPort, `GET /r HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      assert.match(answer, /^HTTP\/1\.1 308 /, host)
    }
  })
})

const upgrade =
  'GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'

async function webSocket(edge: Edge): Promise<Socket> {
  const socket = open(edge.httpPort)
  socket.write(`${upgrade}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`)
  const [head] = await new Promise<[Buffer]>((resolve) => socket.once('data', (...data) => resolve(data)))
  assert.match(head.toString(), /^HTTP\/1\.1 101 /)
  return socket
}

/** RFC 6455 §5.2: masked with zeros, 125 bytes. */
const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), Buffer.alloc(125)])

test('pings without end are not answered without end', async () => {
  await withEdge({}, async (edge) => {
    const socket = await webSocket(edge)
    let answered = 0
    socket.on('data', (bytes) => (answered += bytes.length))
    const cut = isCut(socket, 5_000)
    socket.write(Buffer.concat(Array.from({ length: 20_000 }, () => ping)))
    assert.equal(await cut, true)
    assert.ok(answered < 1_000_000, `${answered} bytes of pongs`)
  })
})

test('a ping now and then is answered', async () => {
  await withEdge({}, async (edge) => {
    const socket = await webSocket(edge)
    socket.write(ping)
    const [pong] = await new Promise<[Buffer]>((resolve) => socket.once('data', (...data) => resolve(data)))
    assert.equal(pong[0], 0x8a)
    socket.destroy()
  })
})

test('a visitor who does not read the answer is cut off', async () => {
  await withEdge({ limits: { idleTimeoutMs: 300 } }, async (edge) => {
    const socket = open(edge.httpPort).pause()
    socket.write('GET /large.wasm HTTP/1.1\r\nHost: a\r\n\r\n')
    await sleep(1_500)
    let arrived = 0
    socket.on('data', (bytes) => (arrived += bytes.length)).resume()
    assert.equal(await isCut(socket, 8_000), true)
    assert.ok(arrived < largeBytes, `${arrived} bytes`)
  })
})

test('a request that comes byte by byte is cut off', async () => {
  await withEdge({ limits: { headersTimeoutMs: 300, checkIntervalMs: 100 } }, async (edge) => {
    const socket = open(edge.httpPort)
    socket.on('data', () => {})
    const drip = setInterval(() => socket.write('a'), 50)
    socket.write('GET / HTTP/1.1\r\nX: ')
    assert.equal(await isCut(socket, 5_000), true)
    clearInterval(drip)
  })
})

test('an idle timeout does not end a WebSocket that has nothing to say', async () => {
  await withEdge({ limits: { idleTimeoutMs: 200, checkIntervalMs: 50 } }, async (edge) => {
    const socket = await webSocket(edge)
    assert.equal(await isCut(socket, 700), false)
    socket.destroy()
  })
})
