/** The ports that people reach: one HTTP and one HTTPS listener in front of the same pages and WebSocket routes. */
import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Server as HttpsServer } from 'node:https'
import type { CertificatePair } from '../certificate.ts'
import { listenError } from '../errors.ts'
import { redirectTarget, requestOrigin, SECURITY_HEADERS } from '../headers.ts'
import { createPages } from './pages.ts'
import type { PagesOptions } from './pages.ts'
import { SocketGate } from './socket-gate.ts'

export interface EdgeOptions extends Omit<PagesOptions, 'isReady'> {
  /** 0 picks a free port. */
  readonly httpPort: number
  /** Absent = no HTTPS. */
  readonly https?: { readonly port: number; readonly certificate: CertificatePair }
  /** Send visitors of the HTTP port to HTTPS; `/healthz` stays where it is. */
  readonly redirectsToHttps: boolean
  /** Absent = all addresses. */
  readonly bindAddress?: string | undefined
  readonly limits?: Partial<EdgeLimits>
}

/** How long a visitor may keep us waiting. WebSockets have their own measure, see `SocketRoute`. */
export interface EdgeLimits {
  /** From the first byte of a request to the end of its headers. Default 10 s. */
  readonly headersTimeoutMs: number
  /** To the end of its body. Default 20 s. */
  readonly requestTimeoutMs: number
  /** Without a byte in either direction, as when somebody does not read what he asked for. Default 30 s. */
  readonly idleTimeoutMs: number
  /** How often the first two are looked at, which adds to them. Default 2 s. */
  readonly checkIntervalMs: number
}

export interface Edge {
  readonly httpPort: number
  readonly httpsPort: number | undefined
  /** New connections present this one from now on. */
  setCertificate(certificate: CertificatePair): void
  /** `/healthz` says so, and new WebSockets are refused; what is open stays. */
  drain(): void
  /** Says goodbye to the sockets and cuts those that are left at the deadline. Idempotent. */
  close(deadlineMs: number): Promise<void>
}

/** @throws EdgeError when a port cannot be opened; nothing stays open then */
export async function openEdge(options: EdgeOptions): Promise<Edge> {
  let isDraining = false
  const limits = { ...defaultLimits, ...options.limits }
  const serverOptions = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
  }
  const pages = await createPages({ ...options, isReady: () => !isDraining })
  const gate = new SocketGate({ routes: options.routes, onHandlerError: options.onError })
  const servers: Server[] = []
  let closing: Promise<void> | undefined

  async function listen(server: Server, place: { port: number; setting: string }, isSecure: boolean): Promise<number> {
    server.timeout = limits.idleTimeoutMs
    server.maxConnections = MAX_CONNECTIONS
    server.on('upgrade', (message, socket, head) => gate.handleUpgrade(message, socket, head, isSecure))
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenError(error, place)))
      server.listen({ port: place.port, ...(options.bindAddress && { host: options.bindAddress }) }, resolve)
    })
    // Running out of file descriptors must not end the process; the next connection may find one.
    server.on('error', (error) => options.onError(error, 'listener'))
    servers.push(server)
    const address = server.address()
    return typeof address === 'object' && address ? address.port : place.port
  }

  async function close(deadlineMs: number): Promise<void> {
    isDraining = true
    const ends = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
    await gate.close(deadlineMs)
    // Connections that browsers opened ahead of need never end by themselves.
    const timer = setTimeout(
      () => {
        for (const server of servers) server.closeAllConnections()
      },
      Math.min(deadlineMs, REQUEST_GRACE_MS),
    )
    await Promise.all(ends)
    clearTimeout(timer)
    await pages.close()
  }

  try {
    const https = options.https && createTlsServer(options.https.certificate, serverOptions, pages.routing)
    const httpsPort =
      options.https && https && (await listen(https, { port: options.https.port, setting: 'HTTPS_PORT' }, true))
    const redirectPort = options.redirectsToHttps ? httpsPort : undefined
    const http = createHttpServer(
      serverOptions,
      redirectPort ? redirecting(redirectPort, pages.routing) : pages.routing,
    )
    const httpPort = await listen(http, { port: options.httpPort, setting: 'HTTP_PORT' }, false)
    return {
      httpPort,
      httpsPort,
      setCertificate: ({ certificatePem, keyPem }) => https?.setSecureContext({ cert: certificatePem, key: keyPem }),
      drain() {
        isDraining = true
        gate.drain()
      },
      close: (deadlineMs) => (closing ??= close(deadlineMs)),
    }
  } catch (error) {
    await close(0)
    throw error
  }
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

function createTlsServer(certificate: CertificatePair, options: ServerOptions, listener: Listener): HttpsServer {
  return createHttpsServer(
    {
      ...options,
      cert: certificate.certificatePem,
      key: certificate.keyPem,
      minVersion: 'TLSv1.2',
      handshakeTimeout: 10_000,
      ALPNProtocols: ['http/1.1'],
    },
    listener,
  )
}

function redirecting(httpsPort: number, listener: Listener): Listener {
  return (request, response) => {
    if (request.url === '/healthz') return listener(request, response)
    const path = request.url?.startsWith('/') ? request.url : '/'
    const origin = requestOrigin({ host: request.headers.host, isSecure: false, localPort: 0 })
    response.writeHead(308, {
      ...SECURITY_HEADERS,
      location: redirectTarget(origin, httpsPort, path),
      'content-length': 0,
    })
    response.end()
  }
}

const defaultLimits: EdgeLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 20_000,
  idleTimeoutMs: 30_000,
  checkIntervalMs: 2_000,
}
const KEEP_ALIVE_MS = 15_000
const MAX_CONNECTIONS = 20_000
/** Answers are short: files and small texts. */
const REQUEST_GRACE_MS = 250
