/**
 * What others may ask of a bridge, and what it tells: COLIBRI2's model (conference, endpoint, transport, sources) as typed
 * objects. Carried by `cluster`; types here cross machines one day, so they are plain data.
 */
import type { MediaDescription, SourceSet, TransportDescription } from '@parley/protocol'
import type { Outcome, EventSource } from '@parley/cluster'

export interface BridgePort {
  /** Create an endpoint, and the conference with it when it is the first. The answer is what an offer needs. */
  createEndpoint(request: CreateEndpoint): Promise<Outcome<EndpointCreated>>
  /** Absent fields keep their value. */
  updateEndpoint(request: UpdateEndpoint): Promise<Outcome<void>>
  /**
   * New ICE credentials on the bridge's side, with the addresses as they are now; media goes on over the old path. The
   * endpoint's new ones go to `updateEndpoint`.
   */
  restartIce(request: EndpointAddress): Promise<Outcome<TransportDescription>>
  /** Idempotent: an unknown endpoint is done already. */
  expireEndpoint(request: EndpointAddress): Promise<Outcome<void>>
  expireConference(request: { readonly conferenceId: string }): Promise<Outcome<void>>
  readonly events: EventSource<BridgeEvent>
}

export interface EndpointAddress {
  /** Unique per meeting instance (the MUC's meeting id). */
  readonly conferenceId: string
  /** MUC nick, `[a-zA-Z0-9_]+`. */
  readonly endpointId: string
}

export interface CreateEndpoint extends EndpointAddress {
  /** Room address, for logs. */
  readonly conferenceName: string
  /** Codecs and extensions offered to this endpoint. */
  readonly media: readonly MediaDescription[]
}

export interface EndpointCreated {
  /** The bridge's ICE and DTLS side, candidates and channel URL path (`/colibri-ws/…?pwd=…`) included in `webSocketUrls`. */
  readonly transport: TransportDescription
  /** The bridge's permanent sources, `jvb-a0` and `jvb-v0`, equal for all endpoints of the conference. */
  readonly bridgeSources: SourceSet
}

export interface UpdateEndpoint extends EndpointAddress {
  /** The endpoint's ICE and DTLS side, from session-accept. */
  readonly transport?: TransportDescription
  /** What the endpoint answered; defaults to what was offered. */
  readonly media?: readonly MediaDescription[]
  /** All sources of the endpoint; replaces the earlier set. */
  readonly sources?: SourceSet
  readonly initialLastN?: number
  /** Media of a kind that is dropped at the bridge whatever the endpoint does. */
  readonly forceMute?: { readonly audio: boolean; readonly video: boolean }
}

export type BridgeEvent =
  | (EndpointAddress & {
      readonly type: 'endpoint-transport'
      readonly state: 'connected' | 'disconnected' | 'failed'
      readonly reason?: string
    })
  /** The bridge gave up a conference (idle for 60 s or closing). */
  | { readonly type: 'conference-expired'; readonly conferenceId: string }
