/** Being in the room: getting in, what we show there, whom we see there, getting out. Knows nothing of media. */
import { el, NS, type SourceState, type XmlElement } from '@parley/protocol'
import { pause, withDeadline } from '../deadline.ts'
import { ClientError } from '../errors.ts'
import type { EndReason } from '../events.ts'
import { encodeOwnPresence } from '../own-presence.ts'
import type { Connectivity, Participant } from '../participant.ts'
import { ParticipantBook } from '../participant-book.ts'
import type { Platform } from '../platform.ts'
import { openRoom } from '../room-entry.ts'
import { type Occupant, Roster, type RosterFact } from '../roster.ts'
import type { VideoCodec } from '../video-codec.ts'
import type { StanzaPort } from './stanza-port.ts'

export interface RoomMembershipOptions {
  readonly platform: Platform
  readonly port: StanzaPort
  /** Bare room address. */
  readonly room: string
  readonly localId: string
  readonly focusDomain: string
  readonly capsVersion: string
  readonly token: string | undefined
  readonly displayName: string
  /** Video codecs that we can send and receive, best first. */
  readonly codecs: readonly VideoCodec[]
  /** What our presence says of our sources. */
  readonly sourceInfo: () => ReadonlyMap<string, SourceState>
  readonly onJoined: (participant: Participant) => void
  readonly onUpdated: (participant: Participant, previous: Participant) => void
  readonly onLeft: (participant: Participant, why: 'left' | 'kicked') => void
  /** An occupant's presence came, changed or not: it is known from now on. */
  readonly onOccupant: (id: string, isNew: boolean) => void
  /** We are out, and not by our own wish. */
  readonly onGone: (reason: EndReason) => void
}

export class RoomMembership {
  readonly #options: RoomMembershipOptions
  readonly #roster: Roster
  readonly #book = new ParticipantBook()
  readonly #interrupted = new Set<string>()
  #self: Occupant
  #displayName: string
  #raisedHandAt: number | undefined
  #state: 'outside' | 'entering' | 'inside' | 'leaving' | 'gone' = 'outside'
  #lastPublished = ''
  /** Whoever waits for the room's word: on entering and on leaving. */
  #waiter: { readonly resolve: () => void; readonly reject: (error: ClientError) => void } | undefined

  constructor(options: RoomMembershipOptions) {
    this.#options = options
    const { localId: id, displayName, port } = options
    this.#roster = new Roster(id)
    this.#displayName = displayName
    this.#self = { id, role: 'participant', affiliation: 'none', jid: port.jid, displayName, sources: new Map() }
    this.refreshLocal()
  }

  get participants(): ReadonlyMap<string, Participant> {
    return this.#book.participants
  }

  /** Whether an occupant's presence was seen. */
  has(id: string): boolean {
    return this.#roster.occupants.has(id)
  }

  /** Of each of the others, what it can receive. */
  codecsOfOthers(): (readonly VideoCodec[])[] {
    return [...this.#roster.occupants.values()].map(({ codecs = [] }) => codecs)
  }

  sourcesOf(id: string): ReadonlyMap<string, SourceState> | undefined {
    return id === this.#options.localId ? this.#options.sourceInfo() : this.#roster.occupants.get(id)?.sources
  }

  /** Ask the focus to open the room, and enter. @throws ClientError */
  async enter(password: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    const { platform, port, room, focusDomain, token } = this.#options
    const machineUid = platform.randomUuid().replaceAll('-', '')
    const request = (iq: XmlElement, timeoutMs: number) => port.request(iq, timeoutMs)
    for (let attempt = 1; ; attempt++) {
      await openRoom(request, platform.clock, { room, focusDomain, machineUid, token, signal })
      try {
        return await this.#enterOnce(password, signal)
      } catch (error) {
        // the room may have closed between the focus's answer and our entry
        const isMissing = error instanceof ClientError && error.condition === 'room-does-not-exist'
        if (!isMissing || attempt >= maxAttempts) throw error
        await pause(platform.clock, 1000 + 2000 * platform.random(), signal)
      }
    }
  }

  /** Leave; resolves when the room confirmed, or after 5 s. Idempotent. */
  async leave(): Promise<void> {
    const wasInside = this.#state === 'inside' || this.#state === 'entering'
    if (!wasInside) return
    this.#state = 'leaving'
    const { platform, port, room, localId } = this.#options
    const confirmed = new Promise<void>((resolve) => {
      this.#waiter = { resolve, reject: () => resolve() }
    })
    try {
      port.send(el('presence', NS.client, { type: 'unavailable', to: `${room}/${localId}` }))
      await withDeadline(platform.clock, confirmed, leaveTimeoutMs, `leaving ${room}`)
    } catch {
      // the stream is gone or the room is silent: either way we are out
    }
    this.#state = 'gone'
  }

  /** The stream is gone: nothing is sent any more. */
  close(): void {
    this.#state = 'gone'
    this.#waiter?.reject(new ClientError('closed', 'the conference is over'))
  }

  setDisplayName(name: string): void {
    this.#displayName = name
    this.refreshLocal()
    this.publish()
  }

  setHandRaised(isRaised: boolean): void {
    if (isRaised === (this.#raisedHandAt !== undefined)) return
    this.#raisedHandAt = isRaised ? this.#options.platform.clock.wallTime() : undefined
    this.refreshLocal()
    this.publish()
  }

  /** `id` may be our own. Unknown ones are passed over. */
  setConnectivity(id: string, connectivity: Connectivity): void {
    if (connectivity === 'active') this.#interrupted.delete(id)
    else this.#interrupted.add(id)
    const occupant = this.#roster.occupants.get(id)
    if (occupant) this.#put(occupant)
    else if (id === this.#options.localId) this.refreshLocal()
    else this.#interrupted.delete(id)
  }

  /** Nobody is interrupted as far as we can tell: there is no session to tell us. */
  forgetConnectivity(): void {
    for (const id of [...this.#interrupted]) {
      if (id !== this.#options.localId) this.setConnectivity(id, 'active')
    }
  }

  /** What we say of ourselves counts at once, not only when the room has repeated it. */
  refreshLocal(): void {
    const { raisedHandAt: _, ...self } = this.#self
    const hand = this.#raisedHandAt === undefined ? {} : { raisedHandAt: this.#raisedHandAt }
    this.#put({ ...self, displayName: this.#displayName, sources: this.#options.sourceInfo(), ...hand })
  }

  /** Tell the room what changed, if anything did. */
  publish(): void {
    if (this.#state === 'inside') this.#sendPresence(undefined)
  }

  handlePresence(nick: string, presence: XmlElement): void {
    const fact = this.#roster.handlePresence(nick, presence)
    if (fact && this.#state !== 'gone') this.#handleFact(fact)
  }

  #handleFact(fact: RosterFact): void {
    switch (fact.type) {
      case 'joined':
      case 'updated':
        this.#put(fact.occupant)
        return this.#options.onOccupant(fact.occupant.id, fact.type === 'joined')
      case 'left':
        return this.#handleLeft(fact.occupant.id, fact.why)
      case 'self-updated':
        return this.#handleSelf(fact.occupant)
      case 'self-left':
        return this.#handleSelfLeft(fact)
      case 'refused':
        if (this.#state !== 'entering') return
        this.#state = 'outside'
        return this.#waiter?.reject(fact.error)
      case 'focus-left':
        return this.#options.onGone({ kind: 'focus-left', message: 'the conference focus left the room' })
    }
  }

  #handleLeft(id: string, why: 'left' | 'kicked'): void {
    this.#interrupted.delete(id)
    const participant = this.#book.remove(id)
    if (participant) this.#options.onLeft(participant, why)
  }

  #handleSelf(occupant: Occupant): void {
    this.#self = occupant
    this.refreshLocal()
    if (this.#state !== 'entering') return
    this.#state = 'inside'
    this.#waiter?.resolve()
    // our sources may have changed since we asked to enter
    this.publish()
  }

  #handleSelfLeft(fact: Extract<RosterFact, { type: 'self-left' }>): void {
    if (this.#state === 'leaving') return this.#waiter?.resolve()
    const { why, actorId, message } = fact
    this.#waiter?.reject(new ClientError('join-refused', message || 'the room put us out', { condition: why }))
    if (why === 'kicked') this.#options.onGone({ kind: why, ...(actorId !== undefined && { actorId }), message })
    else if (why === 'left') this.#options.onGone({ kind: why })
    else this.#options.onGone({ kind: 'room-destroyed', message: message || 'the room was closed' })
  }

  #put(occupant: Occupant): void {
    const isLocal = occupant.id === this.#options.localId
    const connectivity = this.#interrupted.has(occupant.id) ? 'interrupted' : 'active'
    const change = this.#book.put({ ...occupant, isLocal, connectivity })
    if (change?.previous) this.#options.onUpdated(change.next, change.previous)
    else if (change && !isLocal) this.#options.onJoined(change.next)
  }

  async #enterOnce(password: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    const { platform, room } = this.#options
    const aborted = () => new ClientError('aborted', 'joining was given up', { cause: signal?.reason })
    if (signal?.aborted) throw aborted()
    const entered = new Promise<void>((resolve, reject) => {
      this.#waiter = { resolve, reject }
    })
    const onAbort = () => this.#waiter?.reject(aborted())
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#state = 'entering'
    try {
      this.#sendPresence({ password })
      await withDeadline(platform.clock, entered, entryTimeoutMs, `entering ${room}`)
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #sendPresence(join: { readonly password: string | undefined } | undefined): void {
    const { port, room, localId, capsVersion, codecs, sourceInfo } = this.#options
    const own = {
      occupantJid: `${room}/${localId}`,
      displayName: this.#displayName,
      capsVersion,
      sources: sourceInfo(),
      codecs,
      raisedHandAt: this.#raisedHandAt,
    }
    const text = JSON.stringify([...own.sources, own.displayName, own.raisedHandAt])
    if (!join && text === this.#lastPublished) return
    this.#lastPublished = text
    port.send(encodeOwnPresence(join ? { ...own, join } : own))
  }
}

/** From presence to being inside; a room that holds newcomers back until its focus is there takes seconds. */
const entryTimeoutMs = 20_000
const maxAttempts = 3
const leaveTimeoutMs = 5000
