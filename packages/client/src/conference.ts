/**
 * One meeting, seen from inside: who is there, what they send, what they say. State is read from properties (snapshots
 * that are replaced, never changed in place) and announced by events.
 */
import type { JsonObject, MediaKind } from '@parley/protocol'
import type { ChatMessage } from './chat-message.ts'
import type { Subscribable } from './emitter.ts'
import type { ConferenceEvents, MediaState } from './events.ts'
import type { MediaSource } from './media-source.ts'
import type { Participant } from './participant.ts'
import type { ReceiverConstraints } from './receiver-constraints.ts'
import type { ConferenceStats } from './stats.ts'
import type { VideoCodec } from './video-codec.ts'

export interface JoinOptions {
  /** Name of the room, without a domain: `team-standup`. Lower-cased. */
  readonly room: string
  readonly displayName?: string
  /** Room password. */
  readonly password?: string
  /** Microphone to begin with. A `null` or absent one can follow any time. */
  readonly audioTrack?: MediaStreamTrack | null
  /** Camera to begin with. */
  readonly videoTrack?: MediaStreamTrack | null
  /** Join with the track known but silent. Default false. */
  readonly audioMuted?: boolean
  readonly videoMuted?: boolean
  /** Video codecs in which to send, best first; default VP8, VP9, H264, AV1. One that somebody lacks is passed over. */
  readonly codecPreference?: readonly VideoCodec[]
  /** When the path to the bridge is lost, restart ICE in place before asking for a new session. Default false. */
  readonly restartsIce?: boolean
  /** Gives up waiting; a join that already happened is undone. */
  readonly signal?: AbortSignal
}

export interface Conference extends Subscribable<ConferenceEvents> {
  /** Room address, `name@muc.example`. */
  readonly room: string
  /** Id of this meeting instance; `undefined` until the room told it. */
  readonly meetingId: string | undefined
  readonly hasEnded: boolean
  readonly mediaState: MediaState
  readonly localParticipant: Participant
  /** Everybody, the local participant first, then in order of arrival. The focus is not among them. A new map per change. */
  readonly participants: ReadonlyMap<string, Participant>
  /**
   * By source id, local ones included. A new map per change. A camera or microphone stays while muted; a screen is here
   * exactly while it is shared.
   */
  readonly sources: ReadonlyMap<string, MediaSource>
  readonly dominantSpeakerId: string | undefined
  /** The last 500 lines, oldest first. */
  readonly messages: readonly ChatMessage[]

  /**
   * Use this microphone from now on; `null` = none, which mutes. The application owns the track: the library disables and
   * enables it but never stops it.
   * @throws ClientError `media`, `refused` (the focus takes no more senders), `closed`
   */
  setMicrophone(track: MediaStreamTrack | null): Promise<void>
  /** Use this camera from now on; `null` = none. Same ownership and errors as {@link setMicrophone}. */
  setCamera(track: MediaStreamTrack | null): Promise<void>
  /**
   * Muted video sends nothing at all; the application may then stop the device and give a fresh track with
   * {@link setCamera} before unmuting. Unmuting without a device is remembered and takes effect with the next track.
   * @throws ClientError `refused` when a moderator keeps us muted; `closed`
   */
  setMuted(kind: MediaKind, muted: boolean): Promise<void>
  /**
   * Share a screen, beside the camera. Ends by itself when the track ends (the browser's own "stop sharing").
   * A second call replaces the tracks of the first.
   * @throws ClientError `refused`, `media`, `closed`
   */
  startScreenShare(video: MediaStreamTrack, audio?: MediaStreamTrack): Promise<void>
  /** Idempotent. Does not stop the track. */
  stopScreenShare(): Promise<void>

  /** Returns the message's id. Empty text is refused with `bad-argument`. */
  sendChat(text: string): string
  sendPrivateChat(participantId: string, text: string): string

  setDisplayName(name: string): void
  setHandRaised(isRaised: boolean): void
  /** Replaces the earlier constraints as a whole. Cheap to call often; equal ones are not sent again. */
  setReceiverConstraints(constraints: ReceiverConstraints): void
  /** Application data over the bridge channel, at most 16 KiB of JSON; `to` = participant id or `''` for everyone else.
   * Lost when the channel is down: returns whether it was sent. */
  sendEndpointMessage(to: string, payload: JsonObject): boolean

  /** Moderators only. @throws ClientError `refused`, `timeout` */
  kick(participantId: string, message?: string): Promise<void>
  muteParticipant(participantId: string, kind: MediaKind | 'desktop'): Promise<void>
  grantModerator(participantId: string): Promise<void>
  /** Moderators only; `''` unlocks. */
  setPassword(password: string): Promise<void>

  getStats(): Promise<ConferenceStats>
  /** Idempotent; returns when the room confirmed, at most 5 s later. */
  leave(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
