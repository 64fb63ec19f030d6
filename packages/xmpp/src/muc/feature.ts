/**
 * What hooks onto a room. The room asks its features in order at a few moments and knows none of them; every member is
 * optional, so a feature says only what it has to say.
 */
import type { FormField } from '../data-form.ts'
import type { StanzaError } from '../stanza-error.ts'
import type { Applicant, Occupant } from './occupant.ts'
import type { Room } from './room.ts'

export interface RoomFeature {
  /** May this applicant come in? The first refusal wins. */
  admit?(applicant: Applicant): StanzaError | undefined
  /** Features for the room's disco#info. */
  features?(): readonly string[]
  /** Fields for the `muc#roominfo` form of the room's disco#info. */
  infoFields?(): readonly FormField[]
  /** Fields of the owner's form, with their present values. */
  configFields?(): readonly FormField[]
  /** Would these submitted fields be accepted? Asked of every feature before any is told to {@link configure}. */
  checkConfig?(fields: ReadonlyMap<string, readonly string[]>): StanzaError | undefined
  /** Take over submitted fields; absent ones stay as they are. `true` when something changed. */
  configure?(fields: ReadonlyMap<string, readonly string[]>): boolean
  /** May an occupant keep their place with this affiliation? `false` removes them (XEP-0045 §9.4). */
  mayStay?(occupant: Occupant): boolean
}

/** Makes a feature for one room, at the room's creation. */
export type RoomFeatureFactory = (room: Room) => RoomFeature
