/** A page with the stock client in it, and the few things that tests do with one. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import type { TestBrowser } from './chromium.ts'
import { stockLibrary } from './stock-library.ts'

export interface StockPages {
  /** `http://localhost:port`: a secure context, like any page of an embedder. */
  readonly origin: string
  close(): Promise<void>
}

/** Serves the library and an empty page that loads it, from an origin that is not the server's. */
export async function serveStockPages(): Promise<StockPages> {
  const library = await stockLibrary()
  const server = createServer((request, response) => {
    const isLibrary = request.url === '/lib-jitsi-meet.min.js'
    response.writeHead(200, {
      'content-type': isLibrary ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8',
    })
    response.end(isLibrary ? library : PAGE)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export interface StockState {
  readonly events: readonly string[]
  readonly endpointId: string | undefined
  /** By owner: kinds of the tracks that were added and not removed, `audio`, `camera` or `desktop`. */
  readonly tracks: Readonly<Record<string, readonly string[]>>
  /** `owner kind` of the remote tracks that are muted. */
  readonly muted: readonly string[]
  readonly participants: readonly string[]
  readonly messages: readonly { readonly from: string; readonly text: string }[]
  readonly isJoined: boolean
  readonly dominantSpeaker: string | undefined
}

export interface StockClient {
  readonly page: Page
  readonly problems: readonly string[]
  state(): Promise<StockState>
  sendChat(text: string): Promise<void>
  setMuted(kind: 'audio' | 'video', isMuted: boolean): Promise<void>
  /** For every source of others. */
  setMaxHeight(maxHeight: number): Promise<void>
  leave(): Promise<void>
}

/** Opens a page, takes camera and microphone, joins. Returns when the room says that we are in. */
export async function joinWithStockClient(
  browser: TestBrowser,
  pages: StockPages,
  options: { readonly serverOrigin: string; readonly room: string; readonly name: string },
): Promise<StockClient> {
  const problems: string[] = []
  const page = await browser.open((text) => problems.push(text))
  await page.goto(`${pages.origin}/`)
  // As an embedding application does it: the server's own config.js decides.
  await page.addScriptTag({ url: `${options.serverOrigin}/config.js?room=${options.room}` })
  await page.evaluate(joinInPage, { room: options.room, name: options.name })
  const client: StockClient = {
    page,
    problems,
    state: () => page.evaluate(() => (globalThis as unknown as { stock: { state(): StockState } }).stock.state()),
    sendChat: (text) =>
      page.evaluate((line) => (globalThis as unknown as Scope).stock.conference.sendTextMessage(line), text),
    setMuted: (kind, isMuted) => page.evaluate(muteInPage, { kind, isMuted }),
    setMaxHeight: (maxHeight) =>
      page.evaluate((height) => {
        const { conference } = (globalThis as unknown as Scope).stock
        conference.setReceiverConstraints({ lastN: -1, defaultConstraints: { maxHeight: height } })
      }, maxHeight),
    leave: () => page.evaluate(() => (globalThis as unknown as Scope).stock.conference.leave()),
  }
  return client
}

/** What the page's functions use of the library; the library itself has no types here. */
interface Scope {
  stock: { conference: Conference; tracks: Track[] }
}

interface Track {
  getType(): string
  /** Absent while the owner has told none: a camera. */
  getVideoType(): string | null
  getParticipantId(): string
  isMuted(): boolean
  isLocal(): boolean
  mute(): Promise<void>
  unmute(): Promise<void>
  attach(element: unknown): void
}

interface Conference {
  on(event: string, listener: (...args: never[]) => void): void
  join(): void
  leave(): Promise<void>
  myUserId(): string
  addTrack(track: Track): void
  setDisplayName(name: string): void
  setReceiverConstraints(constraints: object): void
  sendTextMessage(text: string): void
}

function muteInPage({ kind, isMuted }: { kind: string; isMuted: boolean }): Promise<void> {
  const track = (globalThis as unknown as Scope).stock.tracks.find((candidate) => candidate.getType() === kind)
  if (!track) throw new Error(`there is no local ${kind}`)
  return isMuted ? track.mute() : track.unmute()
}

/** Runs in the page, so it may use nothing from this file. */
async function joinInPage({ room, name }: { room: string; name: string }): Promise<void> {
  interface Connection {
    addEventListener(event: string, listener: (...args: unknown[]) => void): void
    connect(): void
    initJitsiConference(room: string, options: object): Conference
  }
  interface Library {
    init(options: object): void
    setLogLevel(level: string): void
    createLocalTracks(options: object): Promise<Track[]>
    JitsiConnection: new (appId: null, token: null, options: object) => Connection
    events: { connection: Record<string, string>; conference: Record<string, string> }
  }
  const scope = globalThis as unknown as {
    JitsiMeetJS: Library
    config: Record<string, unknown> & { websocket: string }
    stock: object
    document: { createElement(name: string): { autoplay: boolean }; body: { append(element: unknown): void } }
  }
  const { JitsiMeetJS: library, config, document } = scope
  const remote = new Set<Track>()
  const participants = new Set<string>()
  const messages: { from: string; text: string }[] = []
  const log: string[] = []
  let isJoined = false
  let dominantSpeaker: string | undefined

  library.init({ disableAudioLevels: true, ...config })
  library.setLogLevel('error')
  const tracks = await library.createLocalTracks({ devices: ['audio', 'video'], resolution: 720 })
  const connection = new library.JitsiConnection(null, null, {
    ...config,
    serviceUrl: `${config.websocket}?room=${room}`,
  })
  const { connection: on, conference: at } = library.events
  await new Promise<void>((resolve, reject) => {
    connection.addEventListener(on.CONNECTION_ESTABLISHED ?? '', () => resolve())
    connection.addEventListener(on.CONNECTION_FAILED ?? '', (...args) =>
      reject(new Error(`connection failed: ${args[0]}`)),
    )
    connection.connect()
  })
  log.push('connected')
  const conference = connection.initJitsiConference(room, config)
  const listen = (event: string, listener: (...args: never[]) => void): void => {
    const wire = at[event]
    if (wire === undefined) throw new Error(`the library has no event ${event}`)
    conference.on(wire, listener)
  }
  listen('TRACK_ADDED', (track: Track) => {
    if (track.isLocal()) return
    remote.add(track)
    const element = document.createElement(track.getType() === 'audio' ? 'audio' : 'video')
    element.autoplay = true
    document.body.append(element)
    track.attach(element)
  })
  listen('TRACK_REMOVED', (track: Track) => remote.delete(track))
  listen('USER_JOINED', (id: string) => participants.add(id))
  listen('USER_LEFT', (id: string) => participants.delete(id))
  listen('MESSAGE_RECEIVED', (from: string, text: string) => messages.push({ from, text }))
  listen('DOMINANT_SPEAKER_CHANGED', (id: string) => {
    dominantSpeaker = id
  })
  listen('CONFERENCE_FAILED', (error: string) => log.push(`conference failed: ${error}`))
  conference.setDisplayName(name)
  // Unless it is asked, the library wants thumbnails only.
  conference.setReceiverConstraints({ lastN: -1, defaultConstraints: { maxHeight: 720 } })
  for (const track of tracks) conference.addTrack(track)
  scope.stock = {
    conference,
    tracks,
    state: () => {
      const byOwner: Record<string, string[]> = {}
      const kindOf = (track: Track): string =>
        track.getType() === 'audio' ? 'audio' : (track.getVideoType() ?? 'camera')
      for (const track of remote) (byOwner[track.getParticipantId()] ??= []).push(kindOf(track))
      for (const kinds of Object.values(byOwner)) kinds.sort()
      return {
        events: log,
        endpointId: isJoined ? conference.myUserId() : undefined,
        tracks: byOwner,
        muted: [...remote]
          .filter((track) => track.isMuted())
          .map((track) => `${track.getParticipantId()} ${kindOf(track)}`),
        participants: [...participants],
        messages,
        isJoined,
        dominantSpeaker,
      }
    },
  }
  await new Promise<void>((resolve, reject) => {
    listen('CONFERENCE_JOINED', () => {
      isJoined = true
      resolve()
    })
    setTimeout(() => reject(new Error(`not joined after 15 s; ${log.join(', ')}`)), 15_000)
    conference.join()
  })
}

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>Stock client</title>
<body></body>
<script src="/lib-jitsi-meet.min.js"></script>
`
