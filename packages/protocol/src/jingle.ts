/**
 * Jingle (XEP-0166) as the conference focus and its clients speak it, as plain data. `jingle-decode.ts` reads these
 * from XML, `jingle-encode.ts` writes them; both ends use both. What SDP needs of it is the client's business.
 */
import type { IceCandidate, MediaDescription, SourceSet, SourcesByOwner, TransportDescription } from './media.ts'

export interface JingleBase {
  /** Session id. */
  readonly sid: string
  /** Occupant JID of the focus. */
  readonly initiator?: string
}

export interface SessionInitiate extends JingleBase {
  readonly action: 'session-initiate'
  readonly initiator: string
  /** Audio and video, each once. */
  readonly media: readonly MediaDescription[]
  /** The bridge's side, the same for all contents. */
  readonly transport: TransportDescription
  /**
   * In order: the bridge's own (`jvb`) first, so that they take the first line of each kind and nobody ever removes it.
   */
  readonly sources: SourcesByOwner
  /** What the client starts muted. */
  readonly startMuted?: { readonly audio: boolean; readonly video: boolean }
  readonly bridgeSession?: { readonly id: string; readonly region?: string }
}

export interface SessionAccept extends JingleBase {
  readonly action: 'session-accept'
  /** Real JID of the client. */
  readonly responder?: string
  readonly media: readonly MediaDescription[]
  readonly transport: TransportDescription
  /** The client's own. */
  readonly sources: SourceSet
  /** Number of video sources the client wants until it says otherwise on the bridge channel. */
  readonly initialLastN?: number
}

export interface SourceChange extends JingleBase {
  readonly action: 'source-add' | 'source-remove'
  readonly sources: SourcesByOwner
}

export interface SessionTerminate extends JingleBase {
  readonly action: 'session-terminate'
  /** XEP-0166 §7.4, e.g. `success`, `expired`, `connectivity-error`; empty when there is none. */
  readonly reason: string
  readonly text?: string
  /** `restart`: the sender wants a new session at once. */
  readonly bridgeSession?: { readonly id: string; readonly restart: boolean }
}

export interface SessionInfo extends JingleBase {
  readonly action: 'session-info'
  /** Present when new ICE credentials are asked for without ending the session. */
  readonly iceRestart?: { readonly bridgeSessionId: string }
}

export interface TransportInfo extends JingleBase {
  readonly action: 'transport-info'
  readonly contents: readonly {
    readonly name: string
    readonly ufrag?: string
    readonly pwd?: string
    readonly candidates: readonly IceCandidate[]
    readonly iceGeneration?: number
  }[]
}

export type JingleMessage =
  | SessionInitiate
  | SessionAccept
  | SourceChange
  | SessionTerminate
  | SessionInfo
  | TransportInfo
