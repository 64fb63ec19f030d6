/** What the library needs from its surroundings; `io/browser-platform.ts` has the browser's. */

import type { VideoCodec } from './video-codec.ts'

/** The part of the W3C WebSocket that is used. */
export interface SocketLike {
  readonly readyState: number
  readonly bufferedAmount: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(text: string): void
  close(code?: number, reason?: string): void
}

export interface Clock {
  /** Monotonic ms. */
  now(): number
  /** ms since 1970. */
  wallTime(): number
  /** Call once after `delayMs`; returns the way to cancel. */
  setTimer(delayMs: number, callback: () => void): () => void
}

export interface Platform {
  createSocket(url: string, protocol: string | undefined): SocketLike
  createPeerConnection(configuration: RTCConfiguration): RTCPeerConnection
  createMediaStream(tracks: readonly MediaStreamTrack[]): MediaStream
  /** Lower-case hyphenated UUID, version 4. */
  randomUuid(): string
  /** Uniform in [0, 1). */
  random(): number
  sha1(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
  readonly clock: Clock
  /** Calls when the machine is online again or its network is another one; returns the way to stop. */
  onNetworkChange?(listener: () => void): () => void
  /** Video codecs that the browser can send and receive; VP8 alone when absent. */
  readonly videoCodecs?: readonly VideoCodec[]
  /** Whether the browser sends an encoding for each SSRC of a `SIM` group in its answer. */
  readonly hasSimulcast?: boolean
}
