/**
 * Every source of media in the room, put together from what three parties say: Jingle (it exists, here is its track), presence
 * (it is muted) and the bridge (it is being forwarded). A screen exists here only while it is shown: senders end sharing by
 * muting it.
 */
import { parseSourceName, type MediaKind, type SourceState, type VideoType } from '@parley/protocol'
import type { MediaSource } from './media-source.ts'

export interface SourceRegistryEvents {
  onAdded(source: MediaSource): void
  onUpdated(source: MediaSource, previous: MediaSource): void
  onRemoved(source: MediaSource): void
}

/** What is known of a source apart from presence. */
interface Entry {
  readonly name: string
  readonly ownerId: string
  readonly isLocal: boolean
  readonly kind: MediaKind
  readonly videoType?: VideoType | undefined
  readonly track: MediaStreamTrack
  readonly stream: MediaStream
}

export interface SourceRegistryOptions {
  readonly events: SourceRegistryEvents
  /** The owner's word about a source; `undefined` when it has not spoken, which means muted. */
  readonly stateOf: (ownerId: string, name: string) => SourceState | undefined
  readonly createMediaStream: (tracks: readonly MediaStreamTrack[]) => MediaStream
}

export class SourceRegistry {
  readonly #options: SourceRegistryOptions
  readonly #entries = new Map<string, Entry>()
  #sources: ReadonlyMap<string, MediaSource> = new Map()
  #forwarded: ReadonlySet<string> | undefined

  constructor(options: SourceRegistryOptions) {
    this.#options = options
  }

  /** A new map after every change, so that it can be compared by identity. */
  get sources(): ReadonlyMap<string, MediaSource> {
    return this.#sources
  }

  /** A source has this track from now on. A screen that is muted waits unseen. */
  set(source: Omit<Entry, 'stream'>): void {
    const known = this.#entries.get(source.name)
    const stream = known?.track === source.track ? known.stream : this.#options.createMediaStream([source.track])
    // a remote stream belongs to one source for life; a new one is a new source
    if (known && known.stream !== stream && !source.isLocal) this.remove(source.name)
    this.#entries.set(source.name, { ...source, stream })
    this.#refresh(source.name)
  }

  remove(name: string): void {
    this.#entries.delete(name)
    this.#refresh(name)
  }

  /** Presence changed. */
  refreshOwner(ownerId: string): void {
    for (const entry of [...this.#entries.values()]) if (entry.ownerId === ownerId) this.#refresh(entry.name)
  }

  /** @param names video sources that the bridge sends us now; `undefined` = it has not said */
  setForwarded(names: readonly string[] | undefined): void {
    this.#forwarded = names && new Set(names)
    for (const name of [...this.#entries.keys()]) this.#refresh(name)
  }

  /** All sources of others: their session is over. */
  removeRemote(): void {
    for (const entry of [...this.#entries.values()]) if (!entry.isLocal) this.remove(entry.name)
  }

  removeAll(): void {
    for (const name of [...this.#entries.keys()]) this.remove(name)
  }

  #refresh(name: string): void {
    const previous = this.#sources.get(name)
    const next = this.#snapshot(this.#entries.get(name))
    if (!next) {
      if (!previous) return
      this.#sources = new Map([...this.#sources].filter(([id]) => id !== name))
      return this.#options.events.onRemoved(previous)
    }
    if (previous && isEqual(previous, next)) return
    this.#sources = new Map(this.#sources).set(name, next)
    if (previous) this.#options.events.onUpdated(next, previous)
    else this.#options.events.onAdded(next)
  }

  #snapshot(entry: Entry | undefined): MediaSource | undefined {
    if (!entry) return undefined
    const { name, ownerId, isLocal, kind, stream } = entry
    const state = this.#options.stateOf(ownerId, name)
    const muted = state?.muted ?? true
    if (muted && (parseSourceName(name)?.index ?? 0) > 0) return undefined
    const videoType = kind === 'video' ? (state?.videoType ?? entry.videoType ?? 'camera') : undefined
    const isForwarded = isLocal || kind === 'audio' || (this.#forwarded?.has(name) ?? true)
    return { id: name, ownerId, isLocal, kind, ...(videoType && { videoType }), stream, muted, isForwarded }
  }
}

function isEqual(a: MediaSource, b: MediaSource): boolean {
  return a.stream === b.stream && a.muted === b.muted && a.isForwarded === b.isForwarded && a.videoType === b.videoType
}
