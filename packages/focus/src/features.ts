/** What a client can do, learned by service discovery (XEP-0030) and remembered by its caps hash (XEP-0115). */
import type { CapsReference } from '@parley/protocol'

export const feature = {
  audio: 'urn:xmpp:jingle:apps:rtp:audio',
  video: 'urn:xmpp:jingle:apps:rtp:video',
  rtx: 'urn:ietf:rfc:4588',
  tcc: 'http://jitsi.org/tcc',
  opusRed: 'http://jitsi.org/opus-red',
  jsonSources: 'http://jitsi.org/json-encoded-sources',
  ssrcRewriting: 'http://jitsi.org/ssrc-rewriting-1',
  terminateRestart: 'https://jitsi.org/meet/jicofo/terminate-restart',
} as const

/** What a client that does not say is taken for: every browser of the last years can do this. */
export const assumedFeatures: ReadonlySet<string> = new Set([feature.audio, feature.video, feature.rtx, feature.tcc])

/** A set that offers something: a client that names neither kind of media has been asked wrongly, not declined. */
export function usableFeatures(features: ReadonlySet<string>): ReadonlySet<string> {
  if (features.has(feature.audio) || features.has(feature.video)) return features
  return new Set([...features, feature.audio, feature.video])
}

/** Verification string of a client without identities and forms (XEP-0115 §5.1), before hashing. */
export function capsString(features: Iterable<string>): string {
  return [...features]
    .sort()
    .map((name) => `${name}<`)
    .join('')
}

/**
 * Feature lists by caps hash, shared by all conferences. Only lists that hash to their own `ver` are kept, so that no
 * client can speak for the others (XEP-0115 §8.1). The one used longest ago makes room.
 */
export class CapsCache {
  readonly #sha1Base64: (text: string) => string
  readonly #maxEntries: number
  readonly #lists = new Map<string, ReadonlySet<string>>()

  constructor(sha1Base64: (text: string) => string, maxEntries = 256) {
    this.#sha1Base64 = sha1Base64
    this.#maxEntries = maxEntries
  }

  get(caps: CapsReference): ReadonlySet<string> | undefined {
    const list = this.#lists.get(caps.ver)
    if (list) {
      this.#lists.delete(caps.ver)
      this.#lists.set(caps.ver, list)
    }
    return list
  }

  /** `ver` of a feature list. */
  ver(features: Iterable<string>): string {
    return this.#sha1Base64(capsString(features))
  }

  /** @returns whether the list belongs to the hash and is kept */
  put(caps: CapsReference, features: ReadonlySet<string>): boolean {
    if (this.ver(features) !== caps.ver) return false
    this.#lists.set(caps.ver, features)
    const oldest = this.#lists.keys().next().value
    if (this.#lists.size > this.#maxEntries && oldest !== undefined) this.#lists.delete(oldest)
    return true
  }
}
