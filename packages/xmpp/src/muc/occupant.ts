/** Who is in a room, and what they may do there (XEP-0045 §5). */
import type { XmlElement, XmlNode } from '@parley/protocol'
import type { TokenBucket } from '../token-bucket.ts'

export type Role = 'none' | 'visitor' | 'participant' | 'moderator'
export type Affiliation = 'outcast' | 'none' | 'member' | 'admin' | 'owner'

export interface Occupant {
  readonly nick: string
  /** Full address of the user. */
  readonly realJid: string
  /** The same without resource: what affiliations belong to. */
  readonly bareJid: string
  role: Role
  /** Children of the last presence, without what the server owns. */
  payload: readonly XmlNode[]
  /** What the others are told of it, as long as that is true: every newcomer gets it. */
  presence: XmlElement | undefined
  /** What this occupant may still make the room send. */
  readonly fanOut: TokenBucket
}

/** Somebody who asks to come in. */
export interface Applicant {
  readonly nick: string
  readonly realJid: string
  readonly bareJid: string
  readonly affiliation: Affiliation
  /** Given with the join; `''` for none. */
  readonly password: string
}

/** Owners moderate: the model of the stock client. */
export function roleFor(affiliation: Affiliation): Role {
  if (affiliation === 'owner' || affiliation === 'admin') return 'moderator'
  return affiliation === 'outcast' ? 'none' : 'participant'
}

export function isRole(text: string | undefined): text is Role {
  return text !== undefined && roles.has(text)
}

export function isAffiliation(text: string | undefined): text is Affiliation {
  return text !== undefined && affiliations.has(text)
}

const roles: ReadonlySet<string> = new Set(['none', 'visitor', 'participant', 'moderator'])
const affiliations: ReadonlySet<string> = new Set(['outcast', 'none', 'member', 'admin', 'owner'])
