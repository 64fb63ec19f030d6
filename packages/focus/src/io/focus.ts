/** The focus: its two addresses on the router, the bridge's events, and the conferences by room. */
import type { BridgeEvent, BridgePort } from '@parley/bridge/port'
import type { Numbered } from '@parley/cluster'
import { bareJid, parseJid, withAttrs, type XmlElement } from '@parley/protocol'
import type { Router } from '@parley/xmpp'
import { judgeComponentStanza, readyReply } from '../component.ts'
import { Conference, type ConferenceSummary } from '../conference.ts'
import type { Output } from '../core.ts'
import { CapsCache } from '../features.ts'
import { errorFor, isIqRequest } from '../stanzas.ts'
import { ConferenceDriver } from './conference-driver.ts'
import type { Log } from '../log.ts'
import { type FocusClock, randomId, sha1Base64, systemClock } from './system.ts'

export interface FocusOptions {
  readonly router: Router
  readonly bridge: BridgePort
  /** Domain of the room service, `muc.meet.example`. */
  readonly mucDomain: string
  /** Where conference requests go, `focus.meet.example`. */
  readonly focusDomain: string
  /** Full JID of the focus user, `focus@auth.meet.example/focus`. */
  readonly focusJid: string
  /** `wss://host:port` under which clients reach the bridge's `/colibri-ws/…` paths. */
  readonly webSocketBase: string
  /** Region of the bridge, shown to clients. */
  readonly region?: string
  /** Most conferences at a time; default 2000. */
  readonly maxConferences?: number
  /** Most rooms that one client may have opened and not joined; default 8. */
  readonly maxUnjoinedPerClient?: number
  /** Most participants with media per conference; default 200. */
  readonly maxMembers?: number
  /** Default: nothing is logged. */
  readonly log?: Log
  readonly clock?: FocusClock
  /** Unguessable ids of lower-case hexadecimal digits; default 16 of them. */
  readonly newId?: () => string
}

export interface Focus {
  conferences(): ConferenceSummary[]
  /** From now on no new conference is opened; those that are stay. */
  drain(): void
  /** Ends every conference and leaves the router. Idempotent; resolves when the bridge has answered. */
  close(): Promise<void>
}

/** @throws RouterError `conflict` when one of the addresses is taken */
export function createFocus(options: FocusOptions): Focus {
  return new FocusService(options)
}

class FocusService implements Focus {
  readonly #options: FocusOptions
  readonly #clock: FocusClock
  readonly #newId: () => string
  readonly #log: Log
  readonly #maxConferences: number
  readonly #caps = new CapsCache(sha1Base64)
  readonly #bareFocusJid: string
  readonly #rooms = new Map<string, ConferenceDriver>()
  /** Conference requests that wait for an answer, by token; as many as conferences hold. */
  readonly #asked = new Map<number, { readonly iq: XmlElement; readonly room: string }>()
  readonly #component: ReturnType<Router['attachDomain']>
  readonly #user: ReturnType<Router['attachUser']>
  readonly #unsubscribe: () => void
  #lastToken = 0
  #lastEvent: number | undefined
  #isDraining = false
  #closed: Promise<void> | undefined

  constructor(options: FocusOptions) {
    const jid = parseJid(options.focusJid)
    if (!jid || jid.node === '' || jid.resource === '') {
      throw new TypeError(`focusJid "${options.focusJid}" is not a full JID`)
    }
    this.#options = options
    this.#bareFocusJid = bareJid(jid)
    this.#clock = options.clock ?? systemClock
    this.#newId = options.newId ?? randomId
    this.#log = options.log ?? silent
    this.#maxConferences = options.maxConferences ?? 2_000
    this.#component = options.router.attachDomain(options.focusDomain, (stanza) => this.#componentStanza(stanza))
    try {
      this.#user = options.router.attachUser(options.focusJid, (stanza) => this.#userStanza(stanza), {
        maxDirectedPresences: 2 * this.#maxConferences,
      })
    } catch (error) {
      this.#component.close()
      throw error
    }
    this.#unsubscribe = options.bridge.events.subscribe((numbered) => this.#bridgeEvent(numbered))
  }

  conferences(): ConferenceSummary[] {
    return [...this.#rooms.values()].map(({ conference }) => conference.summary())
  }

  drain(): void {
    this.#isDraining = true
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.drain()
    await Promise.all([...this.#rooms.values()].map((driver) => driver.close()))
    this.#unsubscribe()
    this.#user.close()
    this.#component.close()
  }

  #componentStanza(stanza: XmlElement): void {
    const verdict = judgeComponentStanza(stanza, this.#options.mucDomain)
    if (verdict.type === 'answer') this.#answer(verdict.stanza)
    if (verdict.type !== 'conference') return
    const { room, properties } = verdict.request
    const from = stanza.attrs.from ?? ''
    const driver = this.#rooms.get(room) ?? this.#open(room, stanza)
    if (!driver) return
    const token = ++this.#lastToken
    this.#asked.set(token, { iq: stanza, room })
    driver.handle({ type: 'request', token, from, properties })
  }

  /** @returns `undefined` when the request was refused */
  #open(room: string, iq: XmlElement): ConferenceDriver | undefined {
    const { maxUnjoinedPerClient = 8, maxMembers = 200, region } = this.#options
    const now = this.#clock.now()
    const unjoined = () => [...this.#rooms.values()].filter((d) => d.conference.isAwaiting(iq.attrs.from ?? '', now))
    if (this.#isDraining) {
      this.#answer(errorFor(iq, 'service-unavailable', 'this server is shutting down'))
      return undefined
    }
    if (this.#rooms.size >= this.#maxConferences || unjoined().length >= maxUnjoinedPerClient) {
      this.#answer(errorFor(iq, 'resource-constraint', 'too many conferences'))
      return undefined
    }
    const conference = new Conference({
      room,
      focusJid: this.#options.focusJid,
      webSocketBase: this.#options.webSocketBase,
      ...(region && { region }),
      createdMs: this.#clock.wallTime(),
      caps: this.#caps,
      newId: this.#newId,
      maxMembers,
    })
    const driver: ConferenceDriver = new ConferenceDriver({
      conference,
      bridge: this.#options.bridge,
      clock: this.#clock,
      send: (stanza) => this.#user.send(stanza),
      reply: (output) => this.#reply(output),
      log: (level, message, fields) => this.#log[level](fields, message),
      onEnded: () => {
        if (this.#rooms.get(room) === driver) this.#rooms.delete(room)
      },
    })
    this.#rooms.set(room, driver)
    return driver
  }

  #reply({ token, answer }: Output & { readonly type: 'reply' }): void {
    const asked = this.#asked.get(token)
    this.#asked.delete(token)
    if (!asked) return
    this.#answer(
      answer === 'ready'
        ? readyReply(asked.iq, asked.room, this.#bareFocusJid)
        : errorFor(asked.iq, answer.condition, answer.text),
    )
  }

  #answer(stanza: XmlElement): void {
    this.#component.send(withAttrs(stanza, { from: this.#options.focusDomain }))
  }

  #userStanza(stanza: XmlElement): void {
    const from = parseJid(stanza.attrs.from ?? '')
    const driver = from && this.#rooms.get(bareJid(from))
    if (driver) driver.handle({ type: 'stanza', stanza })
    else if (isIqRequest(stanza)) this.#user.send(errorFor(stanza, 'service-unavailable'))
  }

  #bridgeEvent({ sequence, event }: Numbered<BridgeEvent>): void {
    const isGap = this.#lastEvent !== undefined && sequence !== this.#lastEvent + 1
    this.#lastEvent = sequence
    if (isGap) {
      this.#log.warn({ sequence }, 'bridge events were lost')
      for (const driver of [...this.#rooms.values()]) driver.handle({ type: 'bridge-gap' })
    }
    for (const driver of this.#rooms.values()) {
      if (driver.conference.meetingId === event.conferenceId) return driver.handle({ type: 'bridge-event', event })
    }
  }
}

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
