/**
 * The words on the bridge channel: one JSON object per WebSocket text frame or data channel message, told apart by
 * `colibriClass`. `colibri-decode.ts` reads them. Fields that a message may omit are optional here too, because "absent"
 * means "as before", not a default.
 */
import type { JsonObject } from './bounded-json.ts'

/** What a receiver wants of one video source. */
export interface VideoConstraints {
  /** Limit on the smaller dimension in pixels; 0 = do not forward, negative = unlimited. */
  readonly maxHeight: number
  /** Frames per second; -1 = unlimited. */
  readonly maxFrameRate?: number
}

export interface ReceiverVideoConstraints {
  readonly colibriClass: 'ReceiverVideoConstraints'
  /** Most video sources to forward; -1 = unlimited, 0 = none. */
  readonly lastN?: number
  readonly selectedSources?: readonly string[]
  readonly onStageSources?: readonly string[]
  /** For every source that `constraints` does not name. */
  readonly defaultConstraints?: VideoConstraints
  /** By source name. Replaces the whole earlier map. */
  readonly constraints?: ReadonlyMap<string, VideoConstraints>
  /** Overrides the bridge's estimate; -1 = use the estimate. */
  readonly assumedBandwidthBps?: number
}

export interface LastNChangedEvent {
  readonly colibriClass: 'LastNChangedEvent'
  readonly lastN: number
}

/** `none` = the source is muted; the word stays announced in signalling. */
export type SentVideoType = 'camera' | 'desktop' | 'desktop_high_fps' | 'none'

export interface SourceVideoTypeMessage {
  readonly colibriClass: 'SourceVideoTypeMessage'
  readonly sourceName: string
  readonly videoType: SentVideoType
}

/**
 * Says of an endpoint's one video source what {@link SourceVideoTypeMessage} says of a named one.
 * COMPAT: clients without source names (2022).
 */
export interface VideoTypeMessage {
  readonly colibriClass: 'VideoTypeMessage'
  readonly videoType: SentVideoType
}

/** Which audio sources a receiver wants: those of `include`, or all, but never those of `exclude`. */
export interface ReceiverAudioSubscription {
  readonly colibriClass: 'ReceiverAudioSubscription'
  readonly all: boolean
  readonly include: readonly string[]
  readonly exclude: readonly string[]
}

/** Application data. Towards the bridge `from` is absent; the bridge sets it when it relays. */
export interface EndpointMessage {
  readonly colibriClass: 'EndpointMessage'
  readonly from?: string
  /** Endpoint id, or `''` for everyone else. */
  readonly to: string
  readonly msgPayload: JsonObject
}

/** What a participant tells of its connection: bit rates in kbps, losses in percent, quality 0–100. */
export interface EndpointStats {
  readonly colibriClass: 'EndpointStats'
  /** Set by the bridge when it relays. */
  readonly from?: string
  /** All other fields of the message, as sent: `bitrate`, `packetLoss`, `connectionQuality`, `jvbRTT`, … */
  readonly stats: JsonObject
}

export interface ClientHello {
  readonly colibriClass: 'ClientHello'
}

export interface ServerHello {
  readonly colibriClass: 'ServerHello'
  readonly version?: string
}

export interface DominantSpeakerEndpointChangeEvent {
  readonly colibriClass: 'DominantSpeakerEndpointChangeEvent'
  readonly dominantSpeakerEndpoint: string
  /** Endpoint ids, newest first, without the dominant one. */
  readonly previousSpeakers: readonly string[]
  /** Nobody speaks now. */
  readonly silence: boolean
}

/** On the wire `active` is the string `"true"` or `"false"`. */
export interface EndpointConnectivityStatusChangeEvent {
  readonly colibriClass: 'EndpointConnectivityStatusChangeEvent'
  readonly endpoint: string
  readonly active: boolean
}

/** Video sources that are forwarded to this receiver now. */
export interface ForwardedSources {
  readonly colibriClass: 'ForwardedSources'
  readonly forwardedSources: readonly string[]
}

/** Most that anybody wants of the receiver's own source: pixels of the smaller dimension, 0 = nobody wants it. */
export interface SenderSourceConstraints {
  readonly colibriClass: 'SenderSourceConstraints'
  readonly sourceName: string
  readonly maxHeight: number
}

export interface ConnectionStats {
  readonly colibriClass: 'ConnectionStats'
  readonly estimatedDownlinkBandwidth: number
}

export interface MappedVideoSource {
  readonly source: string
  readonly owner: string
  readonly ssrc: number
  /** `undefined` is `"-1"` on the wire: no retransmission stream. */
  readonly rtx?: number
  readonly videoType: string
  readonly mid?: string
}

/** SSRC rewriting. Incremental: slots that are not listed stay as they are. */
export interface VideoSourcesMap {
  readonly colibriClass: 'VideoSourcesMap'
  readonly mappedSources: readonly MappedVideoSource[]
}

export interface MappedAudioSource {
  readonly source: string
  readonly owner: string
  readonly ssrc: number
  readonly mid?: string
}

export interface AudioSourcesMap {
  readonly colibriClass: 'AudioSourcesMap'
  readonly mappedSources: readonly MappedAudioSource[]
}

export interface SyntheticSourceSendingChangeEvent {
  readonly colibriClass: 'SyntheticSourceSendingChangeEvent'
  readonly sourceName: string
  readonly sending: boolean
  /** RTP ticks at 48 kHz, 32 bit. */
  readonly timestamp: number
}

/** What a client may send. */
export type ClientColibriMessage =
  | ReceiverVideoConstraints
  | LastNChangedEvent
  | SourceVideoTypeMessage
  | VideoTypeMessage
  | ReceiverAudioSubscription
  | EndpointMessage
  | EndpointStats
  | ClientHello

/** What a bridge may send. */
export type BridgeColibriMessage =
  | ServerHello
  | DominantSpeakerEndpointChangeEvent
  | EndpointConnectivityStatusChangeEvent
  | ForwardedSources
  | SenderSourceConstraints
  | ConnectionStats
  | EndpointMessage
  | EndpointStats
  | VideoSourcesMap
  | AudioSourcesMap
  | SyntheticSourceSendingChangeEvent

/** The message as text for the channel. */
export function encodeColibri(message: ClientColibriMessage | BridgeColibriMessage): string {
  return JSON.stringify(toWire(message))
}

/** The four places where a typed message and its JSON differ. */
function toWire(message: ClientColibriMessage | BridgeColibriMessage): object {
  switch (message.colibriClass) {
    case 'ReceiverVideoConstraints':
      return message.constraints ? { ...message, constraints: Object.fromEntries(message.constraints) } : message
    case 'EndpointStats': {
      const { stats, colibriClass, from } = message
      // The stats come first: a field named like one of ours must not win.
      return { ...stats, colibriClass, from }
    }
    case 'EndpointConnectivityStatusChangeEvent':
      return { ...message, active: message.active ? 'true' : 'false' }
    case 'VideoSourcesMap':
      // COMPAT: the client compares with the string "-1"; a number would become an SSRC.
      return { ...message, mappedSources: message.mappedSources.map((slot) => ({ ...slot, rtx: slot.rtx ?? '-1' })) }
    default:
      return message
  }
}
