/**
 * The multi-user chat service (XEP-0045): finds the room that a stanza is for and the occupant it is from. Rooms exist from
 * the first occupant to the last.
 */
import {
  bareJid,
  child,
  childElements,
  NS,
  parseJid,
  serialize,
  textOf,
  withAttrs,
  type XmlElement,
} from '@parley/protocol'
import { type Log, silentLog } from '../log.ts'
import { errorReply, isRequest, mayAnswerWithError, resultReply, type StanzaError } from '../stanza-error.ts'
import { type Rate, TokenBucket } from '../token-bucket.ts'
import { getAdminList, setAdminList } from './admin.ts'
import { emptyItems, roomInfo, serviceInfo } from './disco.ts'
import type { RoomFeatureFactory } from './feature.ts'
import { roomDoesNotExist } from './features/focus-first.ts'
import { handlePrivateMessage, handleRoomMessage } from './messages.ts'
import type { Applicant, Occupant } from './occupant.ts'
import { getConfig, setConfig } from './owner.ts'
import { relayedPayload } from './presence.ts'
import { Room } from './room.ts'

export interface MucServiceOptions {
  readonly domain: string
  /** Bare addresses of whoever may create rooms. */
  readonly creators: ReadonlySet<string>
  readonly focusNick: string
  readonly features: readonly RoomFeatureFactory[]
  readonly limits?: Partial<MucLimits>
  readonly randomUuid: () => string
  /** Milliseconds since 1970. */
  readonly wallTime: () => number
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly send: (stanza: XmlElement) => void
  readonly log?: Log
}

export interface MucLimits {
  readonly maxRooms: number
  readonly maxOccupants: number
  readonly maxAffiliations: number
  /** Characters of one presence or message as written. */
  readonly maxPresenceLength: number
  readonly maxMessageLength: number
  /**
   * Stanzas that one occupant may make a room send by presence and messages to everybody: ten a second in a room of 500,
   * more than anybody can write in a small one.
   */
  readonly fanOutRate: Rate
}

export const defaultMucLimits: MucLimits = {
  maxRooms: 20_000,
  maxOccupants: 1000,
  maxAffiliations: 2000,
  maxPresenceLength: 32_768,
  maxMessageLength: 65_536,
  fanOutRate: { perSecond: 5_000, burst: 50_000 },
}

export interface RoomSummary {
  readonly jid: string
  readonly meetingId: string
  readonly createdAtMs: number
  readonly occupants: number
}

export class MucService {
  readonly #options: MucServiceOptions
  readonly #limits: MucLimits
  readonly #log: Log
  readonly #rooms = new Map<string, Room>()

  constructor(options: MucServiceOptions) {
    this.#options = options
    this.#limits = { ...defaultMucLimits, ...options.limits }
    this.#log = options.log ?? silentLog
  }

  get roomCount(): number {
    return this.#rooms.size
  }

  rooms(): RoomSummary[] {
    return [...this.#rooms.values()].map(({ jid, meetingId, createdAtMs, size }) => ({
      jid,
      meetingId,
      createdAtMs,
      occupants: size,
    }))
  }

  /** A stanza to the service, to a room or to an occupant; `from` is a full address that the router vouches for. */
  handle(stanza: XmlElement): void {
    const to = parseJid(stanza.attrs.to ?? '')
    if (!to) return
    const refusal =
      to.node === '' ? this.#handleForService(stanza) : this.#handleForRoom(stanza, bareJid(to), to.resource)
    if (refusal && mayAnswerWithError(stanza)) this.#options.send(errorReply(stanza, refusal))
  }

  /** End every room: the server stops. */
  close(): void {
    for (const room of this.#rooms.values()) room.destroy('The server stops')
    this.#rooms.clear()
  }

  #handleForService(stanza: XmlElement): StanzaError | undefined {
    if (stanza.attrs.type !== 'get' || !isRequest(stanza)) return unavailable
    const [query] = childElements(stanza)
    if (query?.ns === NS.ping) return this.#reply(stanza, [])
    if (query?.ns === NS.discoInfo) return this.#reply(stanza, [serviceInfo()])
    if (query?.ns === NS.discoItems) return this.#reply(stanza, [emptyItems()])
    return unavailable
  }

  #handleForRoom(stanza: XmlElement, roomJid: string, nick: string): StanzaError | undefined {
    const room = this.#rooms.get(roomJid)
    if (stanza.name === 'presence') return this.#handlePresence(stanza, room, roomJid, nick)
    if (!room) return { condition: 'item-not-found', text: 'The room does not exist' }
    const sender = room.occupantByRealJid(stanza.attrs.from ?? '')
    if (stanza.name === 'message') return this.#handleMessage(room, sender, stanza, nick)
    const refusal = nick === '' ? this.#handleRoomIq(room, sender, stanza) : this.#relayIq(room, sender, stanza, nick)
    this.#forgetIfEmpty(room)
    return refusal
  }

  #handlePresence(
    presence: XmlElement,
    room: Room | undefined,
    roomJid: string,
    nick: string,
  ): StanzaError | undefined {
    const { type, from = '' } = presence.attrs
    const occupant = room?.occupantByRealJid(from)
    if (type === 'unavailable' && room && occupant) {
      room.leave(occupant, relayedPayload(presence))
      this.#forgetIfEmpty(room)
    }
    if (type !== undefined) return undefined
    if (nick === '') return { condition: 'jid-malformed', text: 'A nick is needed to join a room' }
    if (serialize(presence).length > this.#limits.maxPresenceLength) {
      return {
        condition: 'policy-violation',
        text: `Presence is limited to ${this.#limits.maxPresenceLength} characters`,
      }
    }
    if (room && occupant) {
      return this.#mayTellAll(room, occupant) ? update(room, occupant, presence, nick) : tooMuchForRoom
    }
    const join = child(presence, 'x', NS.muc)
    if (!join) return { condition: 'item-not-found', text: 'You are not in this room' }
    return this.#join(presence, join, room, roomJid, nick)
  }

  #join(
    presence: XmlElement,
    join: XmlElement,
    existing: Room | undefined,
    roomJid: string,
    nick: string,
  ): StanzaError | undefined {
    const realJid = presence.attrs.from ?? ''
    const parsed = parseJid(realJid)
    if (!parsed?.resource) return { condition: 'jid-malformed', text: 'Only users with a full address join rooms' }
    const bare = bareJid(parsed)
    if (!existing && !this.#options.creators.has(bare)) return roomDoesNotExist
    if (!existing && this.#rooms.size >= this.#limits.maxRooms) {
      return { condition: 'resource-constraint', text: 'The server has too many rooms' }
    }
    const room = existing ?? this.#createRoom(roomJid)
    const applicant: Applicant = {
      nick,
      realJid,
      bareJid: bare,
      affiliation: room.affiliationOf(bare),
      password: textOf(child(join, 'password', NS.muc)),
    }
    const refusal = room.findRefusal(applicant)
    if (!refusal) {
      const fanOut = new TokenBucket(this.#options.now(), this.#limits.fanOutRate)
      room.join(applicant, relayedPayload(presence), fanOut)
    }
    this.#forgetIfEmpty(room)
    return refusal
  }

  #handleMessage(room: Room, sender: Occupant | undefined, message: XmlElement, nick: string): StanzaError | undefined {
    if (!sender) return outsider
    if (serialize(message).length > this.#limits.maxMessageLength) {
      return {
        condition: 'policy-violation',
        text: `A message is limited to ${this.#limits.maxMessageLength} characters`,
      }
    }
    if (nick !== '') return handlePrivateMessage(room, sender, message, nick)
    return this.#mayTellAll(room, sender) ? handleRoomMessage(room, sender, message) : tooMuchForRoom
  }

  /** One frame from one client is a frame to everybody; the rate of its stream cannot know how many that are. */
  #mayTellAll(room: Room, sender: Occupant): boolean {
    return room.isCreator(sender.bareJid) || sender.fanOut.take(this.#options.now(), room.size)
  }

  #handleRoomIq(room: Room, sender: Occupant | undefined, iq: XmlElement): StanzaError | undefined {
    const [query] = childElements(iq)
    if (!isRequest(iq) || !query) return unavailable
    const operation = `${iq.attrs.type} ${query.ns}`
    if (operation === `get ${NS.discoInfo}`) {
      return query.attrs.node ? { condition: 'item-not-found' } : this.#reply(iq, [roomInfo(room)])
    }
    if (operation === `get ${NS.discoItems}`) return this.#reply(iq, [emptyItems()])
    if (operation === `get ${NS.ping}`) return this.#reply(iq, [])
    const run = occupantOperations[operation]
    if (!run) return unavailable
    if (!sender) return { condition: 'forbidden', text: 'You are not in this room' }
    const outcome = run(room, sender, query)
    return 'condition' in outcome ? outcome : this.#reply(iq, outcome)
  }

  /** Requests, results and errors between occupants keep their ids: answers are matched by them (XEP-0045 §17.4). */
  #relayIq(room: Room, sender: Occupant | undefined, iq: XmlElement, nick: string): StanzaError | undefined {
    if (!sender) return outsider
    const receiver = room.occupantByNick(nick)
    if (!receiver) return { condition: 'item-not-found', text: 'The participant is not in the room' }
    const isSelfPing = receiver === sender && iq.attrs.type === 'get' && child(iq, 'ping', NS.ping) !== undefined
    if (isSelfPing) return this.#reply(iq, []) // XEP-0410 §4
    this.#options.send(withAttrs(iq, { from: room.occupantJid(sender), to: receiver.realJid }))
    return undefined
  }

  #reply(iq: XmlElement, payload: readonly XmlElement[]): undefined {
    this.#options.send(resultReply(iq, ...payload))
    return undefined
  }

  #createRoom(jid: string): Room {
    const { creators, focusNick, features, randomUuid, wallTime, send } = this.#options
    const { maxOccupants, maxAffiliations } = this.#limits
    const meetingId = randomUuid()
    const createdAtMs = wallTime()
    const room = new Room({
      ...{ jid, meetingId, createdAtMs, creators, focusNick, features, maxOccupants, maxAffiliations, send },
    })
    this.#rooms.set(jid, room)
    this.#log.info({ room: jid, meetingId }, 'room created')
    return room
  }

  #forgetIfEmpty(room: Room): void {
    if (room.size > 0 || !this.#rooms.delete(room.jid)) return
    this.#log.info({ room: room.jid, meetingId: room.meetingId }, 'room ended')
  }
}

/** A presence of somebody who is in the room. With a join it asks for everything again, as after a lost stanza. */
function update(room: Room, occupant: Occupant, presence: XmlElement, nick: string): StanzaError | undefined {
  // the nick is the endpoint id: media, sources and addresses hang on it
  if (nick !== occupant.nick) return { condition: 'not-acceptable', text: 'Nicks are fixed for the stay in a room' }
  room.update(occupant, relayedPayload(presence))
  if (child(presence, 'x', NS.muc)) room.welcome(occupant, [100])
  return undefined
}

type Operation = (room: Room, sender: Occupant, query: XmlElement) => readonly XmlElement[] | StanzaError

const occupantOperations: Readonly<Record<string, Operation>> = {
  [`get ${NS.mucOwner}`]: getConfig,
  [`set ${NS.mucOwner}`]: setConfig,
  [`get ${NS.mucAdmin}`]: getAdminList,
  [`set ${NS.mucAdmin}`]: setAdminList,
}

const unavailable: StanzaError = { condition: 'service-unavailable' }
const tooMuchForRoom: StanzaError = {
  condition: 'resource-constraint',
  text: 'Too much at once for a room of this size',
}
const outsider: StanzaError = { condition: 'not-acceptable', text: 'Only occupants of the room may send to it' }
