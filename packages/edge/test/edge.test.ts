import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { get as httpGet } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { get as httpsGet } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { WebSocket } from 'ws'
import { keepSelfSignedCertificate, openEdge } from '../src/index.ts'
import type { Channel, ChannelHandler, Edge, EdgeOptions, SocketRoute } from '../src/index.ts'

let directory: string
let webRoot: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-edge-'))
  webRoot = join(directory, 'dist')
  await mkdir(join(webRoot, 'assets'), { recursive: true })
  await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>the app</title>')
  await writeFile(join(webRoot, 'assets', 'app-1a2b.js'), 'export {}')
})
after(() => rm(directory, { recursive: true }))

/** A role that repeats what it hears, and remembers the rest. */
function echo(
  options: Partial<SocketRoute> = {},
): SocketRoute & { readonly ended: Promise<number>; channel?: Channel } {
  const { promise: ended, resolve } = withResolvers<number>()
  const route: SocketRoute & { ended: Promise<number>; channel?: Channel } = {
    match: 'exact',
    path: '/echo',
    subProtocol: 'xmpp',
    plainGet: 'ok',
    maxMessageBytes: 1000,
    maxBufferedBytes: 100_000,
    pingIntervalMs: 15_000,
    authorize: () => ({
      kind: 'admitted',
      open(channel): ChannelHandler {
        route.channel = channel
        return {
          onText(text) {
            if (text === 'throw') throw new Error('handler failed')
            channel.send(text)
          },
          onBinary: (bytes) => channel.send(`binary ${bytes.length}`),
          onClose: resolve,
        }
      },
    }),
    ended,
    ...options,
  }
  return route
}

async function withEdge(
  options: Partial<EdgeOptions>,
  use: (edge: Edge, errors: unknown[]) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = []
  const edge = await openEdge({
    httpPort: 0,
    redirectsToHttps: false,
    bindAddress: '127.0.0.1',
    webRoot,
    generated: { '/config.js': ({ origin }) => ({ contentType: 'text/javascript', body: `var o = '${origin}'` }) },
    routes: [],
    onError: (error) => errors.push(error),
    ...options,
  })
  try {
    await use(edge, errors)
  } finally {
    await edge.close(500)
  }
}

test('files, rooms, generated scripts and what is missing', async () => {
  await withEdge(
    { routes: [echo(), echo({ match: 'prefix', path: '/ws/', plainGet: 'upgrade-required' })] },
    async (edge) => {
      const at = (path: string) => request(`http://127.0.0.1:${edge.httpPort}${path}`)
      const home = await at('/')
      assert.equal(home.status, 200)
      assert.match(home.body, /the app/)
      assert.match(String(home.headers['content-type']), /^text\/html/)
      assert.match(String(home.headers['content-security-policy']), /default-src 'self'/)
      assert.equal(home.headers['cache-control'], 'no-cache')

      for (const room of ['/standup', '/team.alpha?name=Ada', '/a/b', '/%C3%A4']) {
        const page = await at(room)
        assert.match(page.body, /the app/, room)
        assert.match(String(page.headers['content-type']), /^text\/html/, room)
      }
      const script = await at('/assets/app-1a2b.js')
      assert.match(String(script.headers['content-type']), /javascript/)
      assert.match(String(script.headers['cache-control']), /immutable/)

      const missing = await Promise.all(['/assets/gone.js', '/favicon.ico', '/assets/../../../etc/passwd.txt'].map(at))
      assert.deepEqual(
        missing.map(({ status }) => status),
        [404, 404, 404],
      )
      assert.equal((await at('/%2e%2e%2f%2e%2e%2fetc%2fpasswd')).body.includes('root:'), false)

      const config = await at('/config.js?room=x')
      assert.equal(config.body, `var o = 'http://127.0.0.1:${edge.httpPort}'`)
      assert.equal(config.headers['cache-control'], 'no-store')
      assert.deepEqual(JSON.parse((await at('/healthz')).body), { status: 'ok' })
      assert.equal((await at('/echo')).status, 200)
      assert.equal((await at('/ws/1/2')).status, 426)
      edge.drain()
      assert.equal((await at('/healthz')).status, 503)
    },
  )
})

test('without a web client that is built, the page says so and the rest works', async () => {
  await withEdge({ webRoot: join(directory, 'missing') }, async (edge) => {
    const at = (path: string) => request(`http://127.0.0.1:${edge.httpPort}${path}`)
    for (const path of ['/', '/standup']) {
      const answer = await at(path)
      assert.equal(answer.status, 503, path)
      assert.match(answer.body, /not built/)
    }
    assert.equal((await at('/healthz')).status, 200)
  })
})

test('HTTPS serves the same, and HTTP sends there when asked to', async () => {
  const certificate = await keepSelfSignedCertificate(join(directory, 'tls'))
  await withEdge({ https: { port: 0, certificate }, redirectsToHttps: true, routes: [echo()] }, async (edge) => {
    const redirect = await request(`http://127.0.0.1:${edge.httpPort}/standup?x=1`)
    assert.equal(redirect.status, 308)
    assert.equal(redirect.headers.location, `https://127.0.0.1:${edge.httpsPort}/standup?x=1`)
    assert.equal((await request(`http://127.0.0.1:${edge.httpPort}/healthz`)).status, 200)
    assert.match((await request(`https://127.0.0.1:${edge.httpsPort}/standup`)).body, /the app/)
    const socket = new WebSocket(`wss://127.0.0.1:${edge.httpsPort}/echo`, 'xmpp', { rejectUnauthorized: false })
    assert.equal(await exchange(socket, 'hello'), 'hello')
    socket.close()
  })
})

test('upgrades that are not wanted are refused with a reason', async () => {
  const refusing: SocketRoute = {
    match: 'prefix',
    path: '/ws/',
    plainGet: 'upgrade-required',
    maxMessageBytes: 1000,
    maxBufferedBytes: 100_000,
    pingIntervalMs: 15_000,
    authorize: ({ path, query }) =>
      path === '/ws/known'
        ? { kind: 'refused', status: 403, message: `not with ${query.get('pwd')}` }
        : { kind: 'refused', status: 404, message: 'no such endpoint' },
  }
  await withEdge({ routes: [echo(), refusing] }, async (edge) => {
    const base = `ws://127.0.0.1:${edge.httpPort}`
    assert.equal(await refusal(new WebSocket(`${base}/ws/known?pwd=1`)), 403)
    assert.equal(await refusal(new WebSocket(`${base}/ws/other`)), 404)
    assert.equal(await refusal(new WebSocket(`${base}/nowhere`)), 404)
    assert.equal(await refusal(new WebSocket(`${base}/echo`)), 400)
    edge.drain()
    assert.equal(await refusal(new WebSocket(`${base}/echo`, 'xmpp')), 503)
  })
})

test('an oversized message and a failing handler cost one socket', async () => {
  await withEdge({ routes: [echo()] }, async (edge, errors) => {
    const url = `ws://127.0.0.1:${edge.httpPort}/echo`
    const bystander = new WebSocket(url, 'xmpp')
    assert.equal(await exchange(bystander, 'here'), 'here')
    const large = new WebSocket(url, 'xmpp')
    large.once('open', () => large.send('x'.repeat(1001)))
    assert.equal(await closeCode(large), 1009)
    const unlucky = new WebSocket(url, 'xmpp')
    unlucky.once('open', () => unlucky.send('throw'))
    assert.equal(await closeCode(unlucky), 1011)
    assert.deepEqual(errors.map(String), ['Error: handler failed'])
    assert.equal(await exchange(bystander, 'still'), 'still')
    assert.equal(await exchange(bystander, Buffer.from([1, 2, 3])), 'binary 3')
    bystander.close()
  })
})

test('a peer that stops answering is noticed, one that answers is kept', async () => {
  const silent = echo({ path: '/silent', pingIntervalMs: 40 })
  const answering = echo({ path: '/answering', pingIntervalMs: 40 })
  await withEdge({ routes: [silent, answering] }, async (edge) => {
    // A raw connection that upgrades and then never speaks again, like a machine that lost its power.
    const raw = connect(edge.httpPort, '127.0.0.1')
    raw.write(
      'GET /silent HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n',
    )
    raw.on('error', () => {})
    const alive = new WebSocket(`ws://127.0.0.1:${edge.httpPort}/answering`, 'xmpp')
    assert.equal(await exchange(alive, 'a'), 'a')
    assert.equal(await silent.ended, 1006)
    assert.equal(await exchange(alive, 'b'), 'b')
    alive.close()
    raw.destroy()
  })
})

test('a peer that does not read is cut off at the bound', async () => {
  const route = echo({ maxBufferedBytes: 50_000 })
  await withEdge({ routes: [route] }, async (edge) => {
    const socket = new WebSocket(`ws://127.0.0.1:${edge.httpPort}/echo`, 'xmpp')
    assert.equal(await exchange(socket, 'a'), 'a')
    socket.pause()
    socket.on('error', () => {})
    const chunk = 'x'.repeat(100_000)
    const flood = setInterval(() => route.channel?.send(chunk), 1)
    assert.equal(await route.ended, 1006)
    clearInterval(flood)
    socket.terminate()
  })
})

test('closing says goodbye, waits no longer than the deadline, and may be asked twice', async () => {
  await withEdge({ routes: [echo()] }, async (edge) => {
    const socket = new WebSocket(`ws://127.0.0.1:${edge.httpPort}/echo`, 'xmpp')
    assert.equal(await exchange(socket, 'a'), 'a')
    const idle = connect(edge.httpPort, '127.0.0.1')
    idle.on('error', () => {})
    const code = closeCode(socket)
    const startedAt = performance.now()
    await Promise.all([edge.close(1000), edge.close(1000)])
    assert.ok(performance.now() - startedAt < 1900)
    assert.equal(await code, 1001)
    await assert.rejects(request(`http://127.0.0.1:${edge.httpPort}/`))
    idle.destroy()
  })
})

test('a port in use is one sentence that names the setting', async () => {
  await withEdge({}, async (edge) => {
    await assert.rejects(
      withEdge({ httpPort: edge.httpPort }, async () => {}),
      {
        code: 'PARLEY_EDGE',
        reason: 'port-in-use',
        message: `TCP port ${edge.httpPort} is in use by another program: stop that one, or set HTTP_PORT to a free port.`,
      },
    )
  })
})

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

function request(url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https:') ? httpsGet : httpGet
    get(url, { rejectUnauthorized: false, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
    }).on('error', reject)
  })
}

function exchange(socket: WebSocket, data: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('message', (message) => resolve(String(message)))
    if (socket.readyState === socket.OPEN) socket.send(data)
    else socket.once('open', () => socket.send(data))
  })
}

function refusal(socket: WebSocket): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => reject(new Error('was admitted')))
    socket.once('unexpected-response', (_request, response) => {
      resolve(response.statusCode)
      response.destroy()
    })
    socket.on('error', () => {})
  })
}

function closeCode(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once('close', resolve))
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
