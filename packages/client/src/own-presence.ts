/** What we tell the room about ourselves. Every presence carries all of it: what is absent is taken back. */
import { el, encodeSourceInfo, NS, type SourceState, type XmlElement } from '@parley/protocol'
import { capsElement } from './capabilities.ts'
import { encodeLegacyMute } from './legacy-mute.ts'

export interface OwnPresence {
  /** `room@muc.example/nick` */
  readonly occupantJid: string
  readonly displayName: string
  readonly capsVersion: string
  readonly sources: ReadonlyMap<string, SourceState>
  /** Video codecs we can send and receive, lower-case, best first. */
  readonly codecs: readonly string[]
  /** ms since 1970. */
  readonly raisedHandAt: number | undefined
  /** Only on entering. */
  readonly join?: { readonly password?: string | undefined }
}

export function encodeOwnPresence(own: OwnPresence): XmlElement {
  const { join } = own
  const muc = join && el('x', NS.muc, {}, join.password ? el('password', NS.muc, {}, join.password) : undefined)
  return el(
    'presence',
    NS.client,
    { to: own.occupantJid },
    muc,
    capsElement(own.capsVersion),
    encodeSourceInfo(own.sources),
    ...encodeLegacyMute(own.sources),
    el('jitsi_participant_codecList', NS.client, {}, own.codecs.join(',')),
    own.raisedHandAt === undefined
      ? undefined
      : el('jitsi_participant_raisedHand', NS.client, {}, String(own.raisedHandAt)),
    el('nick', NS.nick, {}, own.displayName),
  )
}
