/**
 * A server on virtual time with clients and a focus around it: a test is a conversation of who sends and who receives,
 * written as XML.
 */
import assert from 'node:assert/strict'
import { child, el, NS, parseXml, serialize, type XmlElement } from '@parley/protocol'
import { type Attachment, createXmppServer, type XmppServer, type XmppServerOptions } from '../src/index.ts'
import type { WebSocketReceiver } from '../src/index.ts'

export const domain = 'meet.example'
export const mucDomain = 'muc.meet.example'
export const focusBare = 'focus@auth.meet.example'
export const focusJid = `${focusBare}/focus`

export class World {
  readonly server: XmppServer
  #now = 0
  #uuids = 0
  readonly #tasks: (() => void)[] = []
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>()

  constructor(options: Partial<XmppServerOptions> = {}) {
    this.server = createXmppServer({
      domain,
      mucDomain,
      focusJid,
      clock: {
        now: () => this.#now,
        wallTime: () => 1_766_000_000_000 + this.#now,
        setTimer: (delayMs, run) => {
          const timer = { at: this.#now + delayMs, run }
          this.#timers.add(timer)
          return () => this.#timers.delete(timer)
        },
      },
      randomUuid: () => `${(++this.#uuids).toString(16).padStart(8, '0')}-1111-4222-8333-444444444444`,
      defer: (task) => this.#tasks.push(task),
      ...options,
    })
  }

  /** Let everything that was sent arrive. */
  settle(): void {
    for (let task = this.#tasks.shift(); task; task = this.#tasks.shift()) task()
  }

  advance(ms: number): void {
    this.#now += ms
    for (const timer of [...this.#timers].sort((a, b) => a.at - b.at)) {
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.run()
    }
    this.settle()
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** A socket on which nothing has been said yet. */
  socket(): Client {
    return new Client(this)
  }

  /** A client that is authenticated and bound. */
  client(): Client {
    const client = this.socket()
    client.send(`<open xmlns="${NS.framing}" to="${domain}" version="1.0"/>`)
    client.send(`<auth xmlns="${NS.sasl}" mechanism="ANONYMOUS"/>`)
    client.send(`<open xmlns="${NS.framing}" to="${domain}" version="1.0"/>`)
    client.send(`<iq type="set" id="b" xmlns="jabber:client"><bind xmlns="${NS.bind}"/></iq>`)
    const frames = client.takeFrames().map((frame) => parseXml(frame))
    const result = frames.find((frame) => frame.name === 'iq')
    const jid = result && child(child(result, 'bind') ?? result, 'jid')?.children[0]
    assert.equal(typeof jid, 'string')
    client.jid = String(jid)
    return client
  }

  /** The focus, inside `room`, with what it heard on entering forgotten. */
  focus(room: string): Focus {
    const focus = new Focus(this)
    focus.send(`<presence to="${room}/focus"><x xmlns="${NS.muc}"/></presence>`)
    focus.take()
    return focus
  }

  /** A client inside a room; everybody forgets what they heard. */
  occupant(room: string, payload = '', others: readonly { take(): unknown }[] = []): Client {
    const client = this.client()
    client.send(`<presence to="${room}/${client.nick}"><x xmlns="${NS.muc}"/>${payload}</presence>`)
    client.take()
    for (const other of others) other.take()
    return client
  }
}

/** One end of the wire. */
export class Client {
  jid = ''
  readonly closes: { readonly code: number | undefined; readonly reason: string | undefined }[] = []
  /** What the network has not taken. */
  buffered = 0
  /** The socket throws when it is written to. */
  isBroken = false
  readonly #world: World
  readonly #receiver: WebSocketReceiver
  #frames: string[] = []

  constructor(world: World) {
    this.#world = world
    const channel = {
      send: (text: string) => {
        if (this.isBroken) throw new Error('socket is broken')
        assert.equal(this.closes.length, 0, 'sent after close')
        this.#frames.push(text)
      },
      close: (code?: number, reason?: string) => {
        this.closes.push({ code, reason })
      },
      bufferedBytes: () => this.buffered,
    }
    this.#receiver = world.server.acceptWebSocket(channel, { query: {}, remoteAddress: '127.0.0.1' })
  }

  get nick(): string {
    return this.jid.slice(0, 8)
  }

  get bareJid(): string {
    return this.jid.slice(0, this.jid.indexOf('/'))
  }

  send(text: string): void {
    this.#receiver.onText(text)
    this.#world.settle()
  }

  sendBinary(): void {
    this.#receiver.onBinary()
    this.#world.settle()
  }

  /** The socket dies without a word. */
  disconnect(): void {
    this.#receiver.onClose()
    this.#world.settle()
  }

  takeFrames(): string[] {
    const frames = this.#frames
    this.#frames = []
    return frames
  }

  take(): XmlElement[] {
    return this.takeFrames().map((frame) => parseXml(frame))
  }

  /** Everything received since, exactly, in this order. `any` as attribute value or text matches anything. */
  receives(...expected: readonly string[]): void {
    assertStanzas(this.take(), expected)
  }

  receivesNothing(): void {
    assertStanzas(this.take(), [])
  }
}

/** The focus as it is in the server: attached to the router, without a stream. */
export class Focus {
  readonly #world: World
  readonly #attachment: Attachment
  #stanzas: XmlElement[] = []

  constructor(world: World) {
    this.#world = world
    this.#attachment = world.server.router.attachUser(focusJid, (stanza) => this.#stanzas.push(stanza))
  }

  send(text: string): void {
    this.#attachment.send(parseXml(text))
    this.#world.settle()
  }

  close(): void {
    this.#attachment.close()
    this.#world.settle()
  }

  take(): XmlElement[] {
    const stanzas = this.#stanzas
    this.#stanzas = []
    return stanzas
  }

  receives(...expected: readonly string[]): void {
    assertStanzas(this.take(), expected)
  }

  receivesNothing(): void {
    assertStanzas(this.take(), [])
  }
}

function assertStanzas(actual: readonly XmlElement[], expected: readonly string[]): void {
  const wanted = expected.map((text) => parseXml(text))
  const shown = actual.map((element, index) => canonical(element, wanted[index]))
  assert.deepEqual(
    shown,
    wanted.map((element) => canonical(element, undefined)),
  )
}

/** Attributes in order of name, layout white space dropped, wildcards of the pattern copied over. */
function canonical(element: XmlElement, pattern: XmlElement | undefined): string {
  return serialize(order(element, pattern))
}

function order(element: XmlElement, pattern: XmlElement | undefined): XmlElement {
  const attrs = Object.entries(element.attrs).map(([key, value]) => [
    key,
    pattern?.attrs[key] === 'any' ? 'any' : value,
  ])
  const wanted = pattern?.children.filter(isMeaningful) ?? []
  const children = element.children.filter(isMeaningful).map((node, index) => {
    const like = wanted[index]
    if (typeof node === 'string') return like === 'any' ? 'any' : node
    return order(node, typeof like === 'string' ? undefined : like)
  })
  return el(
    element.name,
    element.ns,
    Object.fromEntries(attrs.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))),
    ...children,
  )
}

function isMeaningful(node: XmlElement | string): boolean {
  return typeof node !== 'string' || node.trim() !== ''
}

/** The server's word on an occupant, as it is in presence. */
export function userX(
  who: { readonly jid: string },
  { affiliation = 'none', role = 'participant', statuses = [] as readonly number[], inside = '' } = {},
): string {
  const codes = statuses.map((code) => `<status code="${code}"/>`).join('')
  return `<x xmlns="${NS.mucUser}"><item affiliation="${affiliation}" role="${role}" jid="${who.jid}">${inside}</item>${codes}</x>`
}

export function errorXml(type: string, condition: string, text?: string, detail = ''): string {
  const words = text === undefined ? '' : `<text xmlns="${NS.stanzas}">${text}</text>`
  return `<error type="${type}"><${condition} xmlns="${NS.stanzas}"/>${words}${detail}</error>`
}
