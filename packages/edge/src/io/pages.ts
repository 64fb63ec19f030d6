/** What a plain HTTP request gets: files of the web client, generated scripts, health. One application for all listeners. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { cacheControl, looksLikeFile, requestOrigin, SECURITY_HEADERS } from '../headers.ts'
import type { SocketRoute } from '../socket-route.ts'

export interface GeneratedPage {
  readonly contentType: string
  readonly body: string
}

export interface PagesOptions {
  /** Directory of the built web client. */
  readonly webRoot: string
  /** By path, e.g. `/config.js`. `origin` is how the visitor addressed us. */
  readonly generated: Readonly<Record<string, (request: { readonly origin: string }) => GeneratedPage>>
  readonly routes: readonly SocketRoute[]
  /** Whether new visitors should come here. */
  readonly isReady: () => boolean
  readonly onError: (error: unknown, path: string) => void
}

export async function createPages(options: PagesOptions): Promise<FastifyInstance> {
  const app = Fastify({ bodyLimit: 16 * 1024, routerOptions: { maxParamLength: 1024 } })

  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(SECURITY_HEADERS)
  })
  app.get('/healthz', async (_request, reply) => {
    const isReady = options.isReady()
    return reply
      .code(isReady ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ status: isReady ? 'ok' : 'stopping' })
  })
  for (const [path, generate] of Object.entries(options.generated)) {
    app.get(path, async (request, reply) => {
      const page = generate({ origin: originOf(request) })
      return reply.type(page.contentType).header('cache-control', 'no-store').send(page.body)
    })
  }
  for (const route of options.routes) {
    app.get(route.match === 'exact' ? route.path : `${route.path}*`, async (_request, reply) => {
      reply.type('text/plain; charset=utf-8').header('cache-control', 'no-store')
      if (route.plainGet === 'ok') return reply.send('ok\n')
      return reply.code(426).header('upgrade', 'websocket').send('This address is for WebSockets.\n')
    })
  }
  await app.register(fastifyStatic, {
    root: options.webRoot,
    cacheControl: false,
    index: 'index.html',
    setHeaders: (reply, path) => {
      reply.header('cache-control', cacheControl(path))
    },
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/'
    const isPage = (request.method === 'GET' || request.method === 'HEAD') && !looksLikeFile(path)
    reply.type('text/plain; charset=utf-8')
    if (!isPage) return reply.code(404).send('There is nothing here.\n')
    if (!existsSync(join(options.webRoot, 'index.html'))) return reply.code(503).send('The web client is not built.\n')
    // Any other path is a room; the web client reads it from the address.
    return reply.sendFile('index.html')
  })
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500
    if (status >= 500) options.onError(error, request.url)
    return reply
      .code(status)
      .type('text/plain; charset=utf-8')
      .send(status >= 500 ? 'Something failed here; the server has logged it.\n' : `${error.message}\n`)
  })
  await app.ready()
  return app
}

function originOf(request: FastifyRequest): string {
  return requestOrigin({
    host: request.headers.host,
    isSecure: request.protocol === 'https',
    localPort: request.socket.localPort ?? 0,
  })
}
