/**
 * WebSocket upgrades: finds the route, asks it, upgrades, and then stands between the socket and the role: liveness, bounds
 * and one end. Owns every socket until it is closed.
 */
import type { IncomingMessage } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { RawData, ServerOptions, WebSocket } from 'ws'
import { requestOrigin } from '../headers.ts'
import { Liveness } from '../liveness.ts'
import type { Channel, ChannelHandler, SocketRoute, UpgradeRequest } from '../socket-route.ts'
import { WriteBatch } from './write-batch.ts'

export interface SocketGateOptions {
  readonly routes: readonly SocketRoute[]
  /** A role's handler threw. */
  readonly onHandlerError: (error: unknown, path: string) => void
}

export class SocketGate {
  readonly #options: SocketGateOptions
  readonly #servers: ReadonlyMap<SocketRoute, WebSocketServer>
  readonly #sockets = new Set<WebSocket>()
  readonly #writes = new WriteBatch()
  #isDraining = false

  constructor(options: SocketGateOptions) {
    this.#options = options
    this.#servers = new Map(options.routes.map((route) => [route, serverFor(route)]))
  }

  get openSockets(): number {
    return this.#sockets.size
  }

  /** For the `upgrade` event of any HTTP server. */
  handleUpgrade(message: IncomingMessage, socket: Duplex, head: Buffer, isSecure: boolean): void {
    // Without a listener, a reset during the upgrade would end the process.
    socket.on('error', ignore)
    const request = describe(message, isSecure)
    const route = request && this.#options.routes.find((candidate) => matches(candidate, request.path))
    if (!request || !route) return refuse(socket, 404, 'There is no WebSocket here.')
    if (this.#isDraining) return refuse(socket, 503, 'The server is stopping.')
    if (route.subProtocol !== undefined && !offers(message, route.subProtocol)) {
      return refuse(socket, 400, `The WebSocket sub-protocol "${route.subProtocol}" is required.`)
    }
    const admission = route.authorize(request)
    if (admission.kind === 'refused') return refuse(socket, admission.status, admission.message)
    const server = this.#servers.get(route)
    server?.handleUpgrade(message, socket, head, (webSocket) => {
      socket.off('error', ignore)
      this.#adopt(webSocket, socket, route, request.path, admission.open)
    })
  }

  /** New upgrades get 503 from now on. */
  drain(): void {
    this.#isDraining = true
  }

  /** Says goodbye to every socket, waits for the answers, cuts what is left at the deadline. */
  async close(deadlineMs: number): Promise<void> {
    this.drain()
    const ends = [...this.#sockets].map(
      (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
    )
    for (const socket of this.#sockets) socket.close(1001, 'The server is stopping.')
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.terminate()
    }, deadlineMs)
    await Promise.all(ends)
    clearTimeout(timer)
  }

  #adopt(
    socket: WebSocket,
    stream: Duplex,
    route: SocketRoute,
    path: string,
    open: (channel: Channel) => ChannelHandler,
  ): void {
    this.#sockets.add(socket)
    const liveness = new Liveness(MAX_UNANSWERED_PINGS)
    const pings = setInterval(() => {
      if (liveness.tick() === 'dead') return socket.terminate()
      if (socket.readyState === socket.OPEN) socket.ping()
    }, route.pingIntervalMs)

    let handler: ChannelHandler | undefined
    const guarded = (action: () => void): void => {
      try {
        action()
      } catch (error) {
        this.#options.onHandlerError(error, path)
        closeSocket(socket, 1011, 'internal error')
      }
    }
    socket.on('pong', () => liveness.heard())
    socket.on('error', ignore) // 'close' follows and tells the role
    socket.on('message', (data, isBinary) => {
      liveness.heard()
      if (socket.readyState !== socket.OPEN) return
      guarded(() => (isBinary ? handler?.onBinary(bytesOf(data)) : handler?.onText(bytesOf(data).toString('utf8'))))
    })
    socket.on('close', (code, reason) => {
      clearInterval(pings)
      this.#sockets.delete(socket)
      guarded(() => handler?.onClose(code, reason.toString('utf8')))
    })
    guarded(() => {
      handler = open(channelOf(socket, route.maxBufferedBytes, () => this.#writes.hold(stream)))
    })
  }
}

function channelOf(socket: WebSocket, maxBufferedBytes: number, beforeWrite: () => void): Channel {
  return {
    send(text) {
      if (socket.readyState !== socket.OPEN) return
      // The peer does not read; a goodbye would only join the queue.
      if (socket.bufferedAmount > maxBufferedBytes) return socket.terminate()
      beforeWrite()
      socket.send(text)
    },
    close: (code, reason) => closeSocket(socket, code, reason),
    bufferedBytes: () => socket.bufferedAmount,
  }
}

/** The reason must fit a control frame, also when a character would be cut in half. */
function closeSocket(socket: WebSocket, code = 1000, reason = ''): void {
  if (socket.readyState !== socket.OPEN) return
  const fitting = Buffer.from(reason).subarray(0, 123).toString('utf8')
  socket.close(code, fitting.replace(/\uFFFD+$/, ''))
}

function serverFor(route: SocketRoute): WebSocketServer {
  // The published types do not know `closeTimeout` yet.
  const options: ServerOptions & { readonly closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    // Compression costs a lot of memory for each connection and gains little on stanzas.
    perMessageDeflate: false,
    maxPayload: route.maxMessageBytes,
    // A peer that does not answer the goodbye is cut off.
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols: () => route.subProtocol ?? false,
  }
  return new WebSocketServer(options)
}

function matches(route: SocketRoute, path: string): boolean {
  return route.match === 'exact' ? path === route.path : path.startsWith(route.path)
}

function offers(message: IncomingMessage, subProtocol: string): boolean {
  const offered = message.headers['sec-websocket-protocol'] ?? ''
  return offered.split(',').some((name) => name.trim() === subProtocol)
}

function describe(message: IncomingMessage, isSecure: boolean): UpgradeRequest | undefined {
  const target = originForm(message.url ?? '')
  if (target === undefined) return undefined
  const mark = target.indexOf('?')
  return {
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark)),
    origin: requestOrigin({ host: message.headers.host, isSecure, localPort: message.socket.localPort ?? 0 }),
    remoteAddress: message.socket.remoteAddress ?? '',
  }
}

/** Path and query of a request target (RFC 9112 §3.2); proxies may write the absolute form. */
function originForm(target: string): string | undefined {
  if (target.startsWith('/')) return target
  if (!URL.canParse(target)) return undefined
  const { pathname, search } = new URL(target)
  return pathname + search
}

function refuse(socket: Duplex, status: number, message: string): void {
  const body = `${message}\n`
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  socket.once('finish', () => socket.destroy())
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}

function ignore(): void {}

const CLOSE_TIMEOUT_MS = 3000
/** A network may be gone for some seconds, and TCP takes nearly as long again to try once more. */
const MAX_UNANSWERED_PINGS = 4
