/**
 * Who is in the room, from its presence stanzas (XEP-0045 §7): stanza in, facts out. The focus is tracked apart: it is an
 * occupant, but nobody to show.
 */
import {
  type Affiliation,
  child,
  childElements,
  decodeNick,
  decodeOccupantItem,
  decodeSourceInfo,
  NS,
  type Role as MucRole,
  type SourceState,
  textOf,
  type XmlElement,
} from '@parley/protocol'
import { ClientError } from './errors.ts'
import { refusal } from './iq-tracker.ts'
import { decodeLegacyMute } from './legacy-mute.ts'
import { parseCodecs, type VideoCodec } from './video-codec.ts'

export interface Occupant {
  /** Nick = endpoint id. */
  readonly id: string
  readonly role: MucRole
  readonly affiliation: Affiliation
  readonly jid?: string
  readonly displayName: string
  /** Mute state by source name. */
  readonly sources: ReadonlyMap<string, SourceState>
  /** ms since 1970. */
  readonly raisedHandAt?: number
  /** Video codecs that it can receive; empty when it does not say. */
  readonly codecs?: readonly VideoCodec[]
}

export type RosterFact =
  | { readonly type: 'joined'; readonly occupant: Occupant }
  | { readonly type: 'updated'; readonly occupant: Occupant }
  | { readonly type: 'left'; readonly occupant: Occupant; readonly why: 'left' | 'kicked' }
  /** Our own presence as the room shows it; the first one means that we are inside. */
  | { readonly type: 'self-updated'; readonly occupant: Occupant }
  | {
      readonly type: 'self-left'
      readonly why: 'left' | 'kicked' | 'destroyed'
      readonly actorId?: string
      readonly message: string
    }
  | { readonly type: 'refused'; readonly error: ClientError }
  | { readonly type: 'focus-left' }

export class Roster {
  readonly #localId: string
  readonly #occupants = new Map<string, Occupant>()
  #isFocusPresent = false

  constructor(localId: string) {
    this.#localId = localId
  }

  /** Everybody but us and the focus, in order of arrival. */
  get occupants(): ReadonlyMap<string, Occupant> {
    return this.#occupants
  }

  /** @param nick resource part of the stanza's `from` */
  handlePresence(nick: string, presence: XmlElement): RosterFact | undefined {
    const type = presence.attrs.type
    if (child(presence, 'ignore', `${NS.jitmeet}/`)) return undefined
    if (type === 'error') {
      // the room answers a refused join from our own occupant address, or from its bare one
      const isOurs = nick === this.#localId || nick === ''
      return isOurs ? { type: 'refused', error: joinRefusal(presence) } : undefined
    }
    if (type === 'unavailable') return this.#handleUnavailable(nick, presence)
    if (type !== undefined || nick === '') return undefined
    return this.#handleAvailable(nick, presence)
  }

  #handleAvailable(nick: string, presence: XmlElement): RosterFact | undefined {
    const item = decodeOccupantItem(presence)
    if (!item) return undefined
    if (nick === focusNick) {
      this.#isFocusPresent = true
      return undefined
    }
    const raisedHandAt = Number(textOf(child(presence, 'jitsi_participant_raisedHand')))
    const occupant: Occupant = {
      id: nick,
      role: item.role,
      affiliation: item.affiliation,
      ...(item.jid !== undefined && { jid: item.jid }),
      displayName: decodeNick(presence).slice(0, maxNameLength),
      sources: child(presence, 'SourceInfo') ? decodeSourceInfo(presence, nick) : decodeLegacyMute(presence, nick),
      ...(raisedHandAt > 0 && { raisedHandAt }),
      codecs: parseCodecs(textOf(child(presence, 'jitsi_participant_codecList')).slice(0, 256).split(',')),
    }
    if (nick === this.#localId) return { type: 'self-updated', occupant }
    const isKnown = this.#occupants.has(nick)
    if (!isKnown && this.#occupants.size >= maxOccupants) return undefined
    this.#occupants.set(nick, occupant)
    return { type: isKnown ? 'updated' : 'joined', occupant }
  }

  #handleUnavailable(nick: string, presence: XmlElement): RosterFact | undefined {
    const x = child(presence, 'x', NS.mucUser)
    const codes = x ? childElements(x, 'status').map((status) => status.attrs.code) : []
    const isKicked = codes.includes('307')
    if (nick === focusNick) {
      const wasPresent = this.#isFocusPresent
      this.#isFocusPresent = false
      return wasPresent ? { type: 'focus-left' } : undefined
    }
    if (nick === this.#localId || codes.includes('110')) {
      const item = x && child(x, 'item')
      const destroy = x && child(x, 'destroy')
      const actorId = item && child(item, 'actor')?.attrs.nick
      const reason = textOf((destroy ?? item) && child((destroy ?? item) as XmlElement, 'reason'))
      return {
        type: 'self-left',
        why: destroy ? 'destroyed' : isKicked ? 'kicked' : 'left',
        ...(actorId !== undefined && { actorId }),
        message: reason,
      }
    }
    const occupant = this.#occupants.get(nick)
    if (!occupant) return undefined
    this.#occupants.delete(nick)
    return { type: 'left', occupant, why: isKicked ? 'kicked' : 'left' }
  }
}

function joinRefusal(presence: XmlElement): ClientError {
  const { condition } = refusal(presence, '')
  const error = child(presence, 'error')
  const text = (error && textOf(child(error, 'text'))) || (condition && refusals[condition]) || 'the room refused us'
  // ours alone to tell apart: `not-allowed` because nobody has opened the room yet, which asking the focus again cures
  const isMissing = error !== undefined && child(error, 'room-does-not-exist') !== undefined
  const found = isMissing ? 'room-does-not-exist' : condition
  return new ClientError('join-refused', text, found === undefined ? {} : { condition: found })
}

const refusals: Readonly<Record<string, string>> = {
  'not-authorized': 'the room wants a password',
  'registration-required': 'the room is open to members only',
  'service-unavailable': 'the room is full',
  'not-allowed': 'the room does not let us in',
  conflict: 'somebody in the room has our name already',
  forbidden: 'we are banned from the room',
}

export const focusNick = 'focus'
const maxOccupants = 5000
const maxNameLength = 128
