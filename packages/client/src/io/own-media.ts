/** Microphone, camera and screen: the person's wishes applied to the session, to presence and to the bridge. */
import type { ClientColibriMessage, MediaKind, SourceVideoTypeMessage } from '@parley/protocol'
import type { LocalMedia, LocalRole, LocalSource } from '../local-media.ts'

export interface OwnMediaOptions {
  readonly media: LocalMedia
  /** Put the source on the wire; resolves at once when there is no session, which will start with it. */
  readonly apply: (role: LocalRole) => Promise<void>
  /** Tell the room. */
  readonly publish: () => void
  readonly sendToBridge: (message: ClientColibriMessage) => boolean
  /** Ask the focus to let us speak again after it muted us. */
  readonly requestUnmute: (kind: MediaKind) => Promise<void>
  readonly onChanged: (source: LocalSource) => void
  readonly onWarning: (message: string, cause: unknown) => void
}

export class OwnMedia {
  readonly #options: OwnMediaOptions
  /** Kinds that a moderator muted since we last spoke. */
  readonly #mutedByModerator = new Set<MediaKind>()
  readonly #stopWatching = new Map<LocalRole, () => void>()

  constructor(options: OwnMediaOptions) {
    this.#options = options
  }

  /** @throws ClientError; the source is then without a track */
  async setTrack(role: LocalRole, track: MediaStreamTrack | null): Promise<void> {
    this.#watch(role, track)
    this.#change(role, { track })
    try {
      await this.#options.apply(role)
    } catch (error) {
      if (this.#options.media.get(role).track === track) {
        this.#watch(role, null)
        this.#change(role, { track: null })
        this.#options.publish()
      }
      throw error
    }
    this.#options.publish()
  }

  /** @throws ClientError `refused` when a moderator keeps us muted */
  async setMuted(kind: MediaKind, muted: boolean): Promise<void> {
    if (!muted && this.#mutedByModerator.has(kind)) {
      await this.#options.requestUnmute(kind)
      this.#mutedByModerator.delete(kind)
    }
    const role = kind === 'audio' ? 'microphone' : 'camera'
    this.#change(role, { isSwitchedOff: muted })
    this.#options.publish()
    await this.#options.apply(role)
  }

  /** The focus says so, for a moderator. */
  muteByModerator(kind: MediaKind | 'desktop'): void {
    if (kind === 'desktop') return this.#background(this.stopScreenShare())
    this.#mutedByModerator.add(kind)
    this.#background(this.setMuted(kind, true))
  }

  /** @throws ClientError; nothing is shared then */
  async startScreenShare(video: MediaStreamTrack, audio: MediaStreamTrack | undefined): Promise<void> {
    await this.setTrack('screen', video)
    if (audio || this.#options.media.get('screen-sound').track) await this.setTrack('screen-sound', audio ?? null)
  }

  /** Others see the screen muted; its m-line stays and serves the next share. */
  async stopScreenShare(): Promise<void> {
    for (const role of ['screen', 'screen-sound'] as const) {
      if (this.#options.media.get(role).track) await this.setTrack(role, null)
    }
  }

  /** What the bridge must know of our video when the channel opens. */
  videoTypes(): SourceVideoTypeMessage[] {
    return this.#options.media.sources.flatMap((source) => {
      return source.kind === 'video' && (source.track || source.role === 'camera') ? [videoTypeMessage(source)] : []
    })
  }

  /** Stops watching tracks; they stay as they are, the application's. */
  close(): void {
    for (const stop of this.#stopWatching.values()) stop()
    this.#stopWatching.clear()
  }

  #change(role: LocalRole, change: { track?: MediaStreamTrack | null; isSwitchedOff?: boolean }): void {
    const wasMuted = this.#options.media.get(role).isMuted
    const source = this.#options.media.set(role, change)
    this.#options.onChanged(source)
    if (source.kind === 'video' && source.isMuted !== wasMuted) this.#options.sendToBridge(videoTypeMessage(source))
  }

  /** A device that is unplugged, or the browser's own "stop sharing", ends the track without asking us. */
  #watch(role: LocalRole, track: MediaStreamTrack | null): void {
    this.#stopWatching.get(role)?.()
    this.#stopWatching.delete(role)
    if (!track) return
    const onEnded = () => {
      this.#background(role === 'screen' ? this.stopScreenShare() : this.setTrack(role, null))
    }
    track.addEventListener('ended', onEnded, { once: true })
    this.#stopWatching.set(role, () => track.removeEventListener('ended', onEnded))
  }

  #background(work: Promise<void>): void {
    work.catch((error) => this.#options.onWarning('a change of our own media failed', error))
  }
}

function videoTypeMessage(source: LocalSource): SourceVideoTypeMessage {
  return {
    colibriClass: 'SourceVideoTypeMessage',
    sourceName: source.name,
    videoType: source.isMuted ? 'none' : (source.videoType ?? 'camera'),
  }
}
