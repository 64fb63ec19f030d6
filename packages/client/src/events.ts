/** Every public event. Facts, in the past tense; state is already changed when a listener runs. */
import type { JsonObject, MediaKind } from '@parley/protocol'
import type { ChatMessage } from './chat-message.ts'
import type { MediaSource } from './media-source.ts'
import type { Participant, Role } from './participant.ts'

export type ConnectionState = 'connected' | 'closed'

export interface ConnectionEvents {
  /** Once, when the stream is gone. `error` is absent after our own `close()`. */
  closed: [error: Error | undefined]
}

/**
 * Of the path between us and the bridge: `waiting` for a second participant (no media is needed alone), `connecting`,
 * `connected`, `interrupted` (it usually heals by itself), `restarting` (given up, a new session was requested).
 */
export type MediaState = 'waiting' | 'connecting' | 'connected' | 'interrupted' | 'restarting'

export type EndReason =
  /** Our own `leave()`. */
  | { readonly kind: 'left' }
  | { readonly kind: 'kicked'; readonly actorId?: string; readonly message: string }
  /** The room was closed for everybody. */
  | { readonly kind: 'room-destroyed'; readonly message: string }
  /** The stream to the server is gone; join again with a new connection. */
  | { readonly kind: 'connection-lost'; readonly message: string }
  /** The focus left the room: no media can be arranged any more. Join again. */
  | { readonly kind: 'focus-left'; readonly message: string }
  /** Media cannot be set up. */
  | { readonly kind: 'media-failed'; readonly message: string }

export interface ConferenceEvents {
  participantJoined: [participant: Participant]
  participantUpdated: [participant: Participant, previous: Participant]
  participantLeft: [participant: Participant, why: 'left' | 'kicked']
  /** A source appeared, with its track; from now on it is in `sources`. Local ones too. */
  sourceAdded: [source: MediaSource]
  /** `muted`, `isForwarded`, `videoType` or (local) `stream` changed. */
  sourceUpdated: [source: MediaSource, previous: MediaSource]
  sourceRemoved: [source: MediaSource]
  /** `undefined`: nobody any more. `recent` are the speakers before, newest first. */
  dominantSpeakerChanged: [id: string | undefined, recent: readonly string[]]
  /** Own lines too, when the room has accepted them; private ones at once. */
  messageReceived: [message: ChatMessage]
  /** Own role. */
  roleChanged: [role: Role]
  /** A moderator muted us; our state is changed already. */
  mutedByModerator: [kind: MediaKind | 'desktop', actorId: string | undefined]
  mediaStateChanged: [state: MediaState]
  /** Five times a second while somebody listens: loudness 0…1 by participant id, our own included. Absent = silent. */
  audioLevelsMeasured: [levels: ReadonlyMap<string, number>]
  /** Application data from another participant over the bridge channel. */
  endpointMessageReceived: [fromId: string, payload: JsonObject]
  /** The bridge's estimate of what it can send us, bit/s. */
  downlinkEstimated: [bitrateBps: number]
  /** Something went wrong that the call survives: shown in a log, not to people. */
  warned: [message: string, cause: unknown]
  /** Last event. The conference is over; nothing else works on it. */
  ended: [reason: EndReason]
}
