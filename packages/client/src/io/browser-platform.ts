/** The browser's own sockets, timers, randomness and peer connections. */
import type { Platform } from '../platform.ts'
import { parseCodecs, type VideoCodec } from '../video-codec.ts'

export function createBrowserPlatform(): Platform {
  return {
    createSocket: (url, protocol) => (protocol === undefined ? new WebSocket(url) : new WebSocket(url, protocol)),
    createPeerConnection: (configuration) => new RTCPeerConnection(configuration),
    createMediaStream: (tracks) => new MediaStream([...tracks]),
    randomUuid,
    random: () => Math.random(),
    sha1: async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-1', bytes)),
    ...(typeof RTCRtpSender === 'function' && videoAbilities()),
    onNetworkChange,
    clock: {
      now: () => performance.now(),
      wallTime: () => Date.now(),
      setTimer: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs)
        return () => clearTimeout(timer)
      },
    },
  }
}

/** Chromium on phones tells of a change of network by `connection`; all browsers tell of its return by `online`. */
function onNetworkChange(listener: () => void): () => void {
  const targets: readonly (readonly [EventTarget | undefined, string])[] = [
    [typeof window === 'object' ? window : undefined, 'online'],
    [(globalThis.navigator as { readonly connection?: EventTarget } | undefined)?.connection, 'change'],
  ]
  for (const [target, event] of targets) target?.addEventListener(event, listener)
  return () => {
    for (const [target, event] of targets) target?.removeEventListener(event, listener)
  }
}

/** Run-times without a peer connection of their own bring one in `Platform`, and say there what it can do. */
function videoAbilities(): Pick<Platform, 'videoCodecs' | 'hasSimulcast'> {
  return {
    videoCodecs: codecsOf(RTCRtpSender).filter((codec) => codecsOf(RTCRtpReceiver).includes(codec)),
    // Firefox knows simulcast by RID alone; it sends one encoding then
    hasSimulcast: !/Firefox\//.test(navigator.userAgent),
  }
}

function codecsOf(side: typeof RTCRtpSender | typeof RTCRtpReceiver): readonly VideoCodec[] {
  const { codecs = [] } = side.getCapabilities('video') ?? {}
  return parseCodecs(codecs.map(({ mimeType }) => mimeType.replace(/^video\//i, '')))
}

/** `crypto.randomUUID` exists only in secure contexts; `getRandomValues` everywhere. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
