/**
 * The router of one process (RFC 6120 §10, RFC 6121 §8). A stanza sent joins a queue that is drained after the sender's
 * turn, so receiving never re-enters sending, recursion is bounded, and what one address sends to another stays in order.
 */
import { bareJid, formatJid, type Jid, parseJid, withAttrs, type XmlElement } from '@parley/protocol'
import { DirectedPresence } from './directed-presence.ts'
import { RouterError } from './errors.ts'
import { type Log, silentLog } from './log.ts'
import type { Attachment, Router, UserOptions } from './router.ts'
import { errorReply, mayAnswerWithError, type StanzaError } from './stanza-error.ts'

export interface LocalRouterOptions {
  /** Runs a task after the current turn, in order of calls. Default `queueMicrotask`. */
  readonly defer?: (task: () => void) => void
  /**
   * Most stanzas in the queue; beyond it new ones are dropped and counted, but for the farewells of users who are gone.
   * Default 200 000.
   */
  readonly maxQueued?: number
  readonly log?: Log
}

export interface RouterStatistics {
  readonly users: number
  readonly queued: number
  /** Stanzas that did not fit into the queue. */
  readonly dropped: number
}

export interface LocalRouter extends Router {
  statistics(): RouterStatistics
}

export function createRouter(options: LocalRouterOptions = {}): LocalRouter {
  return new InMemoryRouter(options)
}

interface User {
  readonly jid: string
  readonly onStanza: (stanza: XmlElement) => void
  readonly directed: DirectedPresence
}

class InMemoryRouter implements LocalRouter {
  readonly #domains = new Map<string, (stanza: XmlElement) => void>()
  readonly #users = new Map<string, User>()
  readonly #usersByBare = new Map<string, Set<User>>()
  readonly #defer: (task: () => void) => void
  readonly #maxQueued: number
  readonly #log: Log
  #queue: XmlElement[] = []
  #isDrainDue = false
  #dropped = 0

  constructor(options: LocalRouterOptions) {
    this.#defer = options.defer ?? queueMicrotask
    this.#maxQueued = options.maxQueued ?? 200_000
    this.#log = options.log ?? silentLog
  }

  statistics(): RouterStatistics {
    return { users: this.#users.size, queued: this.#queue.length, dropped: this.#dropped }
  }

  attachDomain(domain: string, onStanza: (stanza: XmlElement) => void): Attachment {
    const jid = parseJid(domain)
    if (!jid || jid.node || jid.resource) throw new RouterError('jid-malformed', `"${domain}" is no domain`)
    const owned = jid.domain
    if (this.#domains.has(owned)) throw new RouterError('conflict', `domain "${owned}" is attached already`)
    this.#domains.set(owned, onStanza)
    let isOpen = true
    return {
      jid: owned,
      send: (stanza) => {
        if (isOpen) this.#enqueue(isIn(owned, stanza.attrs.from ?? '') ? stanza : stamp(stanza, owned))
      },
      close: () => {
        if (isOpen) this.#domains.delete(owned)
        isOpen = false
      },
    }
  }

  attachUser(fullJid: string, onStanza: (stanza: XmlElement) => void, options: UserOptions = {}): Attachment {
    const parsed = parseJid(fullJid)
    if (!parsed?.node || !parsed.resource) throw new RouterError('jid-malformed', `"${fullJid}" is no full address`)
    const jid = formatJid(parsed)
    if (this.#users.has(jid)) throw new RouterError('conflict', `address "${jid}" is attached already`)
    const limit = options.maxDirectedPresences ?? defaultMaxDirectedPresences
    const user: User = { jid, onStanza, directed: new DirectedPresence(limit) }
    this.#addUser(user, bareJid(parsed))
    let isOpen = true
    return {
      jid,
      send: (stanza) => {
        if (isOpen) this.#sendAs(user, stamp(stanza, jid))
      },
      close: () => {
        if (!isOpen) return
        isOpen = false
        this.#removeUser(user, bareJid(parsed))
        // whatever is dropped, these are not: nobody would ever say again that the user is gone
        for (const stanza of user.directed.end(jid)) this.#admit(stanza)
      },
    }
  }

  #addUser(user: User, bare: string): void {
    this.#users.set(user.jid, user)
    const siblings = this.#usersByBare.get(bare) ?? new Set()
    this.#usersByBare.set(bare, siblings.add(user))
  }

  #removeUser(user: User, bare: string): void {
    this.#users.delete(user.jid)
    const siblings = this.#usersByBare.get(bare)
    siblings?.delete(user)
    if (siblings?.size === 0) this.#usersByBare.delete(bare)
  }

  /** What a user's own server does with a stanza before routing it (RFC 6121 §4, RFC 6120 §10.3). */
  #sendAs(user: User, stanza: XmlElement): void {
    const parsed = parseJid(stanza.attrs.to ?? user.jid)
    if (stanza.name === 'presence') {
      if (stanza.attrs.to === undefined) {
        // there are no contact lists: general presence has no audience except, at its end, where the user is present
        if (stanza.attrs.type === 'unavailable') for (const s of user.directed.end(user.jid)) this.#enqueue(s)
        return
      }
      if (parsed && !user.directed.noteSent(stanza, formatJid(parsed))) {
        this.#answer(stanza, { condition: 'resource-constraint', text: 'present at too many addresses' })
        return
      }
    }
    if (stanza.attrs.to !== undefined) this.#enqueue(stanza)
    else if (parsed) this.#enqueue(withAttrs(stanza, { to: bareJid(parsed) }))
  }

  #enqueue(stanza: XmlElement): void {
    if (this.#queue.length >= this.#maxQueued) {
      if (this.#dropped++ % 1000 === 0) this.#log.error({ dropped: this.#dropped }, 'router queue is full')
      return
    }
    this.#admit(stanza)
  }

  #admit(stanza: XmlElement): void {
    this.#queue.push(stanza)
    if (this.#isDrainDue) return
    this.#isDrainDue = true
    this.#defer(() => this.#drain())
  }

  #drain(): void {
    const turn = this.#queue
    this.#queue = []
    this.#isDrainDue = false
    for (const stanza of turn) this.#route(stanza)
  }

  #route(stanza: XmlElement): void {
    const to = stanza.attrs.to ?? ''
    const user = this.#users.get(to)
    if (user) return this.#deliverToUser(user, stanza)
    const jid = parseJid(to)
    if (!jid) return this.#answer(stanza, { condition: 'jid-malformed', text: `"${to.slice(0, 100)}" is no address` })
    this.#routeTo(jid, stanza)
  }

  #routeTo(jid: Jid, stanza: XmlElement): void {
    const exact = this.#users.get(formatJid(jid))
    if (exact) return this.#deliverToUser(exact, stanza)
    const isToBareUser = jid.node !== '' && jid.resource === ''
    // RFC 6121 §8.5.2: messages and presence to a bare address reach its connected users, IQs its server
    if (isToBareUser && stanza.name !== 'iq' && stanza.attrs.type !== 'groupchat') {
      const users = this.#usersByBare.get(bareJid(jid))
      if (users) {
        for (const user of [...users]) this.#deliverToUser(user, stanza)
        return
      }
    }
    const owner = this.#domains.get(jid.domain)
    if (owner) this.#guard(stanza, () => owner(stanza))
    else this.#answer(stanza, { condition: 'service-unavailable' })
  }

  #deliverToUser(user: User, stanza: XmlElement): void {
    if (stanza.name === 'presence') user.directed.noteReceived(stanza)
    this.#guard(stanza, () => user.onStanza(stanza))
  }

  /** A receiver that throws is our own fault: it costs this stanza and nothing else. */
  #guard(stanza: XmlElement, deliver: () => void): void {
    try {
      deliver()
    } catch (error) {
      this.#log.error({ err: error, stanza: stanza.name, to: stanza.attrs.to }, 'receiver of a stanza failed')
      this.#answer(stanza, { condition: 'internal-server-error' })
    }
  }

  #answer(stanza: XmlElement, error: StanzaError): void {
    if (mayAnswerWithError(stanza) && stanza.attrs.from !== undefined) this.#enqueue(errorReply(stanza, error))
  }
}

function stamp(stanza: XmlElement, from: string): XmlElement {
  return stanza.attrs.from === from ? stanza : withAttrs(stanza, { from })
}

/** Is the address in the domain? The service that owns the domain writes its addresses in normal form. */
function isIn(domain: string, address: string): boolean {
  const slash = address.indexOf('/')
  const bare = slash < 0 ? address : address.slice(0, slash)
  return bare === domain || bare.endsWith(`@${domain}`)
}

/** Enough for a focus that is in every room of a large server. */
const defaultMaxDirectedPresences = 100_000
