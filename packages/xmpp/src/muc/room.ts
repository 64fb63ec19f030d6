/**
 * One room (XEP-0045): who is in it, with which affiliation and role, and what everybody hears about that. Stanzas and
 * decisions come in as calls, stanzas go out through `send`. Whatever a room can do beyond this hooks on as a feature.
 */
import { el, NS, shareContent, type XmlElement, type XmlNode } from '@parley/protocol'
import type { StanzaError } from '../stanza-error.ts'
import type { TokenBucket } from '../token-bucket.ts'
import type { RoomFeature, RoomFeatureFactory } from './feature.ts'
import { type Affiliation, type Applicant, type Occupant, type Role, roleFor } from './occupant.ts'
import { occupantPresence, type PresenceItem } from './presence.ts'

export interface RoomOptions {
  /** Bare address. */
  readonly jid: string
  /** Random UUID of this meeting: a room of the same name has another one tomorrow. */
  readonly meetingId: string
  /** Milliseconds since 1970. */
  readonly createdAtMs: number
  /** Bare addresses that own every room and cannot be removed. */
  readonly creators: ReadonlySet<string>
  /** Nick whose presence every newcomer gets first. */
  readonly focusNick: string
  readonly features: readonly RoomFeatureFactory[]
  readonly maxOccupants: number
  readonly maxAffiliations: number
  readonly send: (stanza: XmlElement) => void
}

/** Why and by whom an occupant is removed. */
export interface Removal {
  /** 301 ban, 307 kick, 321 affiliation change, 332 shutdown (XEP-0045 §15.6). */
  readonly status: number
  readonly actor?: string
  readonly reason?: string
}

export class Room {
  readonly jid: string
  readonly meetingId: string
  readonly createdAtMs: number
  readonly features: readonly RoomFeature[]
  readonly #options: RoomOptions
  readonly #byNick = new Map<string, Occupant>()
  readonly #byRealJid = new Map<string, Occupant>()
  readonly #affiliations = new Map<string, Affiliation>()
  #subject: { readonly text: string; readonly from: string }

  constructor(options: RoomOptions) {
    this.jid = options.jid
    this.meetingId = options.meetingId
    this.createdAtMs = options.createdAtMs
    this.#options = options
    this.#subject = { text: '', from: options.jid }
    this.features = options.features.map((create) => create(this))
  }

  get size(): number {
    return this.#byNick.size
  }

  /** In order of joining. */
  occupants(): IterableIterator<Occupant> {
    return this.#byNick.values()
  }

  occupantByNick(nick: string): Occupant | undefined {
    return this.#byNick.get(nick)
  }

  occupantByRealJid(jid: string): Occupant | undefined {
    return this.#byRealJid.get(jid)
  }

  affiliationOf(bareJid: string): Affiliation {
    return this.#options.creators.has(bareJid) ? 'owner' : (this.#affiliations.get(bareJid) ?? 'none')
  }

  /** Bare addresses with this affiliation. */
  affiliated(affiliation: Affiliation): string[] {
    const creators = affiliation === 'owner' ? [...this.#options.creators] : []
    return [...creators, ...[...this.#affiliations].filter(([, value]) => value === affiliation).map(([jid]) => jid)]
  }

  isCreator(bareJid: string): boolean {
    return this.#options.creators.has(bareJid)
  }

  occupantJid(occupant: Occupant): string {
    return `${this.jid}/${occupant.nick}`
  }

  /** May this applicant enter now? */
  findRefusal(applicant: Applicant): StanzaError | undefined {
    if (applicant.affiliation === 'outcast') return { condition: 'forbidden', text: 'You are banned from this room' }
    for (const feature of this.features) {
      const refusal = feature.admit?.(applicant)
      if (refusal) return refusal
    }
    if (this.#byNick.has(applicant.nick)) return { condition: 'conflict', text: 'The nick is in use' }
    if (this.size >= this.#options.maxOccupants) {
      return { condition: 'service-unavailable', type: 'wait', text: 'The room is full' }
    }
    return undefined
  }

  /** Let an applicant in who was not refused, and tell everybody. */
  join(applicant: Applicant, payload: readonly XmlNode[], fanOut: TokenBucket): Occupant {
    const isFirst = this.size === 0
    const { nick, realJid, bareJid } = applicant
    const occupant: Occupant = {
      nick,
      realJid,
      bareJid,
      role: roleFor(applicant.affiliation),
      payload,
      presence: undefined,
      fanOut,
    }
    this.#byNick.set(nick, occupant)
    this.#byRealJid.set(realJid, occupant)
    this.#tellOthers(occupant)
    this.welcome(occupant, isFirst ? [100, 201] : [100])
    return occupant
  }

  /** Everything a newcomer must know, in the order of XEP-0045 §7.1: the others, itself, the subject. */
  welcome(occupant: Occupant, statuses: readonly number[]): void {
    const focus = this.#byNick.get(this.#options.focusNick)
    const others = [...this.#byNick.values()].filter((other) => other !== occupant && other !== focus)
    for (const other of focus && focus !== occupant ? [focus, ...others] : others) this.#tell(occupant, other)
    this.#tell(occupant, occupant, { statuses: [...statuses, 110] })
    this.#sendSubject(occupant)
  }

  /** An occupant's new presence, complete: what it lacks is gone. */
  update(occupant: Occupant, payload: readonly XmlNode[]): void {
    occupant.payload = payload
    this.#announce(occupant)
  }

  /** An occupant goes by itself. `payload` may say why. */
  leave(occupant: Occupant, payload: readonly XmlNode[]): void {
    this.#depart(occupant, { payload, statuses: [] })
  }

  /** An occupant is made to go. */
  remove(occupant: Occupant, { status, actor, reason }: Removal): void {
    const item = { ...(actor !== undefined && { actor }), ...(reason !== undefined && { reason }) }
    this.#depart(occupant, { payload: [], statuses: [status], item })
  }

  /** Kick (XEP-0045 §8.2). It costs the affiliation too, so that a member of a closed room must ask to come back. */
  kick(occupant: Occupant, why: Omit<Removal, 'status'>): void {
    this.#affiliations.delete(occupant.bareJid)
    this.remove(occupant, { status: 307, ...why })
  }

  /** The room ends for everybody (XEP-0045 §10.9). */
  destroy(reason?: string, alternateJid?: string): void {
    const because = reason === undefined ? undefined : el('reason', NS.mucUser, {}, reason)
    const destroy = el('destroy', NS.mucUser, { jid: alternateJid }, because)
    for (const occupant of [...this.#byNick.values()]) {
      this.#forget(occupant)
      this.#tell(occupant, occupant, { isUnavailable: true, payload: [], statuses: [110], destroy })
    }
  }

  /** `false` when the room remembers too many affiliations already. */
  canRemember(bareJids: readonly string[]): boolean {
    const added = bareJids.filter((jid) => !this.#affiliations.has(jid)).length
    return this.#affiliations.size + added <= this.#options.maxAffiliations
  }

  /** Give an affiliation to a user; the roles of the user's occupants follow it. */
  setAffiliation(bareJid: string, affiliation: Affiliation, { actor, reason }: Omit<Removal, 'status'> = {}): void {
    if (affiliation === 'none') this.#affiliations.delete(bareJid)
    else this.#affiliations.set(bareJid, affiliation)
    const why = { ...(actor !== undefined && { actor }), ...(reason !== undefined && { reason }) }
    for (const occupant of [...this.#byNick.values()].filter((o) => o.bareJid === bareJid)) {
      if (affiliation === 'outcast') this.remove(occupant, { status: 301, ...why })
      else if (this.features.some((feature) => feature.mayStay?.(occupant) === false)) {
        this.remove(occupant, { status: 321, ...why })
      } else this.setRole(occupant, roleFor(affiliation))
    }
  }

  setRole(occupant: Occupant, role: Role): void {
    occupant.role = role
    this.#announce(occupant)
  }

  setSubject(text: string, from: Occupant): void {
    this.#subject = { text, from: this.occupantJid(from) }
  }

  /** A stanza for every occupant. */
  broadcast(stanza: XmlElement): void {
    shareContent(stanza)
    for (const occupant of this.#byNick.values()) this.#sendTo(occupant, stanza)
  }

  send(stanza: XmlElement): void {
    this.#options.send(stanza)
  }

  #sendSubject(occupant: Occupant): void {
    const { text, from } = this.#subject
    const subject = el('subject', NS.client, {}, ...(text === '' ? [] : [text]))
    this.send(el('message', NS.client, { type: 'groupchat', from, to: occupant.realJid }, subject))
  }

  #announce(occupant: Occupant): void {
    occupant.presence = undefined
    this.#tellOthers(occupant)
    this.#tell(occupant, occupant, { statuses: [110] })
  }

  #depart(occupant: Occupant, how: Pick<Telling, 'payload' | 'item'> & { readonly statuses: readonly number[] }): void {
    this.#forget(occupant)
    this.#tell(occupant, occupant, { ...how, isUnavailable: true, statuses: [...how.statuses, 110] })
    this.#tellOthers(occupant, { ...how, isUnavailable: true })
  }

  #forget(occupant: Occupant): void {
    this.#byNick.delete(occupant.nick)
    this.#byRealJid.delete(occupant.realJid)
    occupant.role = 'none'
  }

  #tellOthers(about: Occupant, how?: Telling): void {
    const presence = how ? shareContent(this.#presenceOf(about, how)) : this.#presenceForOthers(about)
    for (const other of this.#byNick.values()) if (other !== about) this.#sendTo(other, presence)
  }

  #tell(to: Occupant, about: Occupant, how?: Telling): void {
    this.#sendTo(to, how ? this.#presenceOf(about, how) : this.#presenceForOthers(about))
  }

  #presenceForOthers(about: Occupant): XmlElement {
    about.presence ??= shareContent(this.#presenceOf(about, {}))
    return about.presence
  }

  #presenceOf(about: Occupant, { isUnavailable = false, statuses = [], payload, item, destroy }: Telling): XmlElement {
    return occupantPresence({
      from: this.occupantJid(about),
      isUnavailable,
      payload: payload ?? about.payload,
      item: { affiliation: this.affiliationOf(about.bareJid), role: about.role, realJid: about.realJid, ...item },
      statuses,
      ...(destroy && { destroy }),
    })
  }

  #sendTo(occupant: Occupant, stanza: XmlElement): void {
    this.send({ ...stanza, attrs: { ...stanza.attrs, to: occupant.realJid } })
  }
}

interface Telling {
  readonly isUnavailable?: boolean
  readonly statuses?: readonly number[]
  readonly payload?: readonly XmlNode[]
  readonly item?: Partial<PresenceItem>
  readonly destroy?: XmlElement
}
