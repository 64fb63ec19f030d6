/** A person (or bot) in the room, as a plain snapshot: every change makes a new object. */

export type Role = 'moderator' | 'participant' | 'visitor'

/**
 * Of the media path between the bridge and the participant: `active`, or `interrupted` while the bridge hears nothing
 * from the participant. The local one is `interrupted` while our own path is down.
 */
export type Connectivity = 'active' | 'interrupted'

export interface Participant {
  /** Endpoint id: the room nick, eight hex digits for people. */
  readonly id: string
  readonly isLocal: boolean
  /** `''` when none was given. */
  readonly displayName: string
  readonly role: Role
  /** True without a microphone, too. */
  readonly audioMuted: boolean
  /** Of the camera; true without one, too. */
  readonly videoMuted: boolean
  readonly isSharingScreen: boolean
  /** When the hand went up, ms since 1970; absent while it is down. */
  readonly raisedHandAt?: number
  readonly connectivity: Connectivity
  /** Real address; absent when the room hides it. */
  readonly jid?: string
}
