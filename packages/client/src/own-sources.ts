/** Our own sources as Jingle announces them: the SSRCs that the browser's answer chose, under our names. */
import type { SourceSet } from '@parley/protocol'
import type { LocalSource } from './local-media.ts'
import type { SdpAnswer } from './sdp-answer.ts'

export interface Announced {
  readonly source: LocalSource
  /** m-line that carries it. */
  readonly mid: string
  /** `streamId trackId`, the same for as long as the session lasts. */
  readonly msid: string
}

/** Sources whose m-line sends nothing in the answer are left out. */
export function describeOwnSources(announced: readonly Announced[], answer: SdpAnswer): SourceSet {
  const sections = announced.flatMap(({ source, mid, msid }) => {
    const section = answer.sections.find((candidate) => candidate.mid === mid && candidate.isSending)
    return section ? [{ source, section, msid }] : []
  })
  const ssrcs = (kind: 'audio' | 'video') =>
    sections
      .filter(({ source }) => source.kind === kind)
      .flatMap(({ source: { name, videoType }, section, msid }) =>
        section.ssrcs.map((ssrc) => ({ ssrc, name, msid, ...(videoType && { videoType }) })),
      )
  return {
    audio: ssrcs('audio'),
    video: ssrcs('video'),
    groups: sections.flatMap(({ section }) => section.groups),
  }
}

/** `aaaaaaaa-video-0-1 TRACK-1`, the stock client's form: owner, kind, number of the source, number of the connection. */
export function ownMsid(source: LocalSource, trackId: string): string {
  const [, owner = '', index = '0'] = /^(.*)-[av](\d+)$/.exec(source.name) ?? []
  return `${owner}-${source.kind}-${index}-1 ${trackId}-1`
}
