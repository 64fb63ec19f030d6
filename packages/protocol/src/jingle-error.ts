/** What is wrong with a Jingle stanza, in the words that go back to its sender. */

/** RFC 6120 §8.3.3 conditions that Jingle requests end in. */
export type JingleErrorReason =
  | 'bad-request'
  | 'feature-not-implemented'
  | 'forbidden'
  | 'item-not-found'
  | 'not-acceptable'
  | 'resource-constraint'

/** The peer broke the protocol or a limit. `message` may be shown to the peer. */
export class JingleError extends Error {
  readonly code = 'PARLEY_JINGLE'
  readonly reason: JingleErrorReason
  constructor(reason: JingleErrorReason, message: string) {
    super(message)
    this.name = 'JingleError'
    this.reason = reason
  }
}

/** Most of each thing that one stanza may hold. */
export interface JingleLimits {
  readonly maxContents: number
  /** SSRCs of all owners in one stanza. */
  readonly maxSources: number
  readonly maxGroups: number
  readonly maxPayloadTypes: number
  /** Named values of one payload type, and header extensions and feedback kinds of one content. */
  readonly maxLines: number
  readonly maxCandidates: number
  readonly maxFingerprints: number
}

/** What a client accepts from the focus: a large conference. */
export const offerLimits: JingleLimits = {
  maxContents: 8,
  maxSources: 4000,
  maxGroups: 2000,
  maxPayloadTypes: 64,
  maxLines: 64,
  maxCandidates: 64,
  maxFingerprints: 8,
}

/**
 * What the focus accepts from one client. A little above what a user may own, so that the finer check explains itself.
 */
export const clientLimits: JingleLimits = { ...offerLimits, maxSources: 64, maxGroups: 64 }
