/**
 * What we want to send: up to four sources, each with a track and a mute switch. Outlives sessions: a new one starts with
 * what is here. Knows no connection.
 */
import { formatSourceName, type MediaKind, type SourceState, type VideoType } from '@parley/protocol'

export type LocalRole = 'microphone' | 'camera' | 'screen' | 'screen-sound'

export interface LocalSource {
  readonly role: LocalRole
  readonly name: string
  readonly kind: MediaKind
  readonly videoType?: VideoType
  readonly track: MediaStreamTrack | null
  /** The person's wish. */
  readonly isSwitchedOff: boolean
  /** What others are told: switched off, or no track to send. */
  readonly isMuted: boolean
}

export class LocalMedia {
  readonly #sources = new Map<LocalRole, LocalSource>()

  constructor(endpointId: string) {
    const add = (role: LocalRole, kind: MediaKind, index: number, videoType?: VideoType) => {
      const name = formatSourceName({ endpointId, kind, index })
      const common = { role, name, kind, track: null, isSwitchedOff: false, isMuted: true }
      this.#sources.set(role, videoType ? { ...common, videoType } : common)
    }
    add('microphone', 'audio', 0)
    add('camera', 'video', 0, 'camera')
    add('screen', 'video', 1, 'desktop')
    add('screen-sound', 'audio', 1)
  }

  get sources(): readonly LocalSource[] {
    return [...this.#sources.values()]
  }

  get(role: LocalRole): LocalSource {
    return this.#sources.get(role) as LocalSource
  }

  /** Returns the source as it is now. */
  set(role: LocalRole, change: { track?: MediaStreamTrack | null; isSwitchedOff?: boolean }): LocalSource {
    const next = { ...this.get(role), ...change }
    const source = { ...next, isMuted: next.isSwitchedOff || next.track === null }
    this.#sources.set(role, source)
    // a microphone goes on sending silence, so that it speaks again without a key exchange or a new clock
    if (source.kind === 'audio' && source.track) source.track.enabled = !source.isSwitchedOff
    return source
  }

  /** For presence: microphone and camera always, the screen once it was shared. */
  sourceInfo(): Map<string, SourceState> {
    const states = new Map<string, SourceState>()
    for (const { role, name, isMuted, videoType } of this.#sources.values()) {
      if (isMuted && (role === 'screen' || role === 'screen-sound')) continue
      states.set(name, { muted: isMuted, ...(videoType && { videoType }) })
    }
    return states
  }
}

/** What to give the sender: muted video sends nothing at all. */
export function trackToSend(source: LocalSource): MediaStreamTrack | null {
  return source.kind === 'video' && source.isMuted ? null : source.track
}
