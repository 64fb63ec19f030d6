/** What the browser counted, gathered per source; for connection-quality displays and for tests. */
import type { MediaKind } from '@parley/protocol'

/** Counters since the source appeared. */
export interface RemoteSourceStats {
  readonly sourceId: string
  readonly ownerId: string
  readonly kind: MediaKind
  readonly ssrc: number
  readonly packetsReceived: number
  readonly packetsLost: number
  readonly bytesReceived: number
  readonly jitterMs: number
  /** Video. */
  readonly framesReceived: number
  readonly framesDecoded: number
  readonly framesDropped: number
  readonly freezeCount: number
  readonly frameWidth: number
  readonly frameHeight: number
  readonly framesPerSecond: number
  /** Audio: sum of squared samples times duration (W3C `totalAudioEnergy`), and loudness now, 0…1. */
  readonly totalAudioEnergy: number
  readonly audioLevel: number
}

export interface LocalSourceStats {
  readonly sourceId: string
  readonly kind: MediaKind
  readonly ssrc: number
  readonly packetsSent: number
  readonly bytesSent: number
  readonly framesEncoded: number
  readonly frameWidth: number
  readonly frameHeight: number
  readonly framesPerSecond: number
  readonly packetsLost: number
  readonly nackCount: number
  readonly pliCount: number
  readonly audioLevel: number
}

export interface ConferenceStats {
  readonly remote: readonly RemoteSourceStats[]
  readonly local: readonly LocalSourceStats[]
  /** Of the selected ICE pair, `undefined` before the first answer. */
  readonly roundTripTimeMs: number | undefined
  readonly availableOutgoingBitrateBps: number | undefined
}
