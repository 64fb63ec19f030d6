/** One occupant of the room besides the focus, and its session with the bridge. */
import {
  type Affiliation,
  decodeOccupantItem,
  emptySourceSet,
  type MediaDescription,
  type Role,
  type SourceSet,
  type TransportDescription,
  type XmlElement,
} from '@parley/protocol'
import { Budget, sourceLimits } from './budget.ts'

export interface Session {
  readonly sid: string
  readonly bridgeSessionId: string
  /** `allocating`: the bridge is asked. `offered`: session-initiate is out. `active`: accepted. */
  state: 'allocating' | 'offered' | 'active'
  readonly media: readonly MediaDescription[]
  /** Sources that this client has been told of, by endpoint id. */
  readonly told: Map<string, SourceSet>
  /** The client's side, once it has accepted. */
  transport: TransportDescription | undefined
  /** Of the last ICE restart, 0 = the offer's. */
  iceGeneration: number
}

export interface Member {
  /** Nick, and the id on the bridge. */
  readonly endpointId: string
  /** Occupant JID. */
  readonly jid: string
  /** Real full JID, `''` when the room does not show it. */
  realJid: string
  affiliation: Affiliation
  role: Role
  /** `undefined` until they are known or given up on. */
  features: ReadonlySet<string> | undefined
  session: Session | undefined
  /** What the client declares, accepted sessions only. */
  sources: SourceSet
  /** The same as receivers are told. */
  announced: SourceSet
  readonly restarts: Budget
  readonly iceRestarts: Budget
  readonly sourceAdditions: Budget
  /** Invitations repeated by us since the transport last connected. */
  repeats: number
  /** False once the client ended its session for good, or cannot be invited. */
  isInvitable: boolean
  wasOffered: boolean
  forceMute: { readonly audio: boolean; readonly video: boolean }
}

/** Bridges use the nick as endpoint id. */
export const endpointIdPattern = /^[a-zA-Z0-9][a-zA-Z0-9_]{0,63}$/

/** `undefined` when the presence says nothing about an occupant. */
export function newMember(presence: XmlElement, endpointId: string): Member | undefined {
  const item = decodeOccupantItem(presence)
  if (!item) return undefined
  return {
    endpointId,
    jid: presence.attrs.from ?? '',
    realJid: item.jid ?? '',
    affiliation: item.affiliation,
    role: item.role,
    features: undefined,
    session: undefined,
    sources: emptySourceSet,
    announced: emptySourceSet,
    restarts: new Budget(),
    iceRestarts: new Budget(),
    sourceAdditions: new Budget(sourceLimits),
    repeats: 0,
    isInvitable: endpointIdPattern.test(endpointId),
    wasOffered: false,
    forceMute: { audio: false, video: false },
  }
}

export function updateMember(member: Member, presence: XmlElement): void {
  const item = decodeOccupantItem(presence)
  if (!item) return
  member.affiliation = item.affiliation
  member.role = item.role
  if (item.jid) member.realJid = item.jid
}

export function isOwner(member: Member): boolean {
  return member.affiliation === 'owner' || member.affiliation === 'admin'
}
