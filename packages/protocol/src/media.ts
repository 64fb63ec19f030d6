/**
 * What one side of a Jingle session describes: codecs, header extensions, sources and transport, as plain data. The focus
 * and the bridge exchange these, `jingle.ts` turns them into XML and back, the client turns them into SDP.
 */

export type MediaKind = 'audio' | 'video'

/** One codec under one RTP payload type (RFC 8866 `rtpmap`, `fmtp`, `rtcp-fb`). */
export interface PayloadType {
  readonly id: number
  readonly name: string
  readonly clockRateHz: number
  readonly channels?: number
  /** `fmtp` parameters in order; an unnamed one has the key `''`. */
  readonly parameters: Readonly<Record<string, string>>
  readonly feedback: readonly { readonly type: string; readonly subtype?: string }[]
}

/** An RTP header extension (RFC 8285) and its id, 1–14. */
export interface HeaderExtension {
  readonly id: number
  readonly uri: string
}

/** One SSRC of a source. All SSRCs of a source share `name` and `msid`. */
export interface SsrcDescription {
  readonly ssrc: number
  /** Source name, `<endpointId>-a<N>` or `<endpointId>-v<N>`. */
  readonly name: string
  /** `streamId trackId`. */
  readonly msid: string
  readonly videoType?: VideoType
}

export type VideoType = 'camera' | 'desktop'

/** `FID`: primary and RTX SSRC (RFC 5576 §4.2). `SIM`: simulcast layers, lowest first. */
export interface SsrcGroup {
  readonly semantics: 'FID' | 'SIM'
  readonly ssrcs: readonly number[]
}

/** The sources of one owner, by kind. */
export interface SourceSet {
  readonly audio: readonly SsrcDescription[]
  readonly video: readonly SsrcDescription[]
  readonly groups: readonly SsrcGroup[]
}

/** Sources by owner: an endpoint id, or `jvb` for the bridge's own. */
export type SourcesByOwner = ReadonlyMap<string, SourceSet>

export interface Fingerprint {
  /** Hash name as in RFC 8122, `sha-256`. */
  readonly hash: string
  /** Upper-case hex with colons. */
  readonly value: string
  readonly setup: 'actpass' | 'active' | 'passive'
}

/** An ICE candidate (RFC 8839 §5.1). */
export interface IceCandidate {
  readonly foundation: string
  readonly component: number
  readonly protocol: 'udp' | 'tcp'
  readonly priority: number
  readonly ip: string
  readonly port: number
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay'
  readonly relatedAddress?: string
  readonly relatedPort?: number
  readonly tcpType?: 'active' | 'passive' | 'so'
}

/** ICE and DTLS of one side (XEP-0176, XEP-0320). */
export interface TransportDescription {
  readonly ufrag: string
  readonly pwd: string
  readonly fingerprints: readonly Fingerprint[]
  readonly candidates: readonly IceCandidate[]
  /** COLIBRI channel addresses; only in offers. */
  readonly webSocketUrls: readonly string[]
}

/** Codecs and extensions of one kind. */
export interface MediaDescription {
  readonly kind: MediaKind
  readonly payloadTypes: readonly PayloadType[]
  readonly headerExtensions: readonly HeaderExtension[]
}
