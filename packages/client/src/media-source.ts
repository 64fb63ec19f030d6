/** One source of media in the room, ours or another's, as a plain snapshot: every change makes a new object. */
import type { MediaKind, VideoType } from '@parley/protocol'

export interface MediaSource {
  /** Source name: `<id>-a0` microphone, `-v0` camera, `-v1` screen, `-a1` the screen's sound. */
  readonly id: string
  /** Whose: {@link Participant.id}. */
  readonly ownerId: string
  readonly isLocal: boolean
  readonly kind: MediaKind
  /** Only for video. */
  readonly videoType?: VideoType
  /**
   * Holds the one track. Stays the same object while the source exists, except that a local source gets a new one with
   * each new device. The library never stops a track that the application gave it.
   */
  readonly stream: MediaStream
  /** The owner's own word (`SourceInfo`), not a guess from packets. */
  readonly muted: boolean
  /** Whether the bridge sends it to us now; always true for audio and local sources. */
  readonly isForwarded: boolean
}
