/**
 * One call, from entering the room to leaving it: the view model behind the call page. Owns the meeting, the shared screen
 * and the notices; follows the conference's events into one state object; turns what a person does into calls.
 *
 * When the connection is lost, the same call enters the room again by itself, with devices, mutes, name, raised hand and
 * the chat so far, and says so when it has to give up.
 */
import type { ChatMessage, Conference, EndReason, MediaState, ReceiverConstraints } from '@parley/client'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { isKnownLine, withEarlierLines } from '../chat/earlier-lines.ts'
import type { LocalMedia } from '../media/local-media.ts'
import { NAMELESS, type TileState, tilesOf } from '../tile/tile-state.ts'
import type { EnterRoom, Meeting } from './enter-room.ts'
import { type Failure, failureOfEnd, failureOfError, isWorthRejoining } from './failure.ts'
import { linkMedia, wantedOf } from './media-link.ts'
import { rejoin } from './rejoin.ts'
import { ScreenShare, type ShareState } from './share.ts'
import { type SetTimer, Toasts } from './toasts.ts'

export type CallPhase =
  | { readonly kind: 'entering' }
  | { readonly kind: 'joined' }
  /** Outside, and trying to enter again by itself; `attempt` counts from 1. */
  | { readonly kind: 'rejoining'; readonly attempt: number }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'left' }

export interface RemoteSound {
  readonly sourceId: string
  readonly participantId: string
  readonly stream: MediaStream
}

export interface CallState {
  readonly phase: CallPhase
  readonly mediaState: MediaState
  readonly tiles: readonly TileState[]
  readonly sounds: readonly RemoteSound[]
  readonly messages: readonly ChatMessage[]
  readonly localId: string | undefined
  readonly isChatOpen: boolean
  readonly unreadCount: number
  readonly isHandRaised: boolean
  readonly share: ShareState
  readonly pinnedTileId: string | undefined
}

export interface CallOptions {
  readonly room: string
  readonly displayName: string
  readonly enterRoom: EnterRoom
  /** Shared with the pre-join page; the caller closes it. */
  readonly media: LocalMedia
  /** For capturing the screen; absent where that is impossible. */
  readonly screenDevices: MediaDevices | undefined
  readonly setTimer: SetTimer
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Calls when the browser has a network again; returns the way to stop. */
  readonly onOnline: (listener: () => void) => () => void
  /** Told each conference that begins, and `undefined` when it is over. */
  readonly onConference?: (conference: Conference | undefined) => void
}

export class CallModel {
  readonly room: string
  readonly media: LocalMedia
  readonly toasts: Toasts
  readonly store: StoreApi<CallState> = createStore<CallState>(() => INITIAL)
  readonly canShareScreen: boolean
  readonly #options: CallOptions
  /** Ends everything that belongs to the present meeting, newest first. */
  #cleanups: (() => void)[] = []
  #meeting: Meeting | undefined
  #share: ScreenShare | undefined
  #entry = new AbortController()
  #displayName: string
  #password: string | undefined

  constructor(options: CallOptions) {
    this.#options = options
    this.room = options.room
    this.media = options.media
    this.canShareScreen = options.screenDevices !== undefined
    this.#displayName = options.displayName
    this.toasts = new Toasts(options.setTimer)
  }

  get displayName(): string {
    return this.#displayName
  }

  /** Enters the room. Never rejects: what failed is in the state. */
  async start(password?: string): Promise<void> {
    this.#password = password ?? this.#password
    this.#entry = new AbortController()
    this.store.setState({ phase: { kind: 'entering' } })
    try {
      await this.#enter()
    } catch (error) {
      if (this.#entry.signal.aborted) return
      console.warn('entering the room failed', error)
      this.store.setState({ phase: { kind: 'failed', failure: failureOfError(error) } })
    }
  }

  /** Leaves and releases everything except the camera and microphone. Idempotent. */
  async leave(): Promise<void> {
    this.store.setState({ phase: { kind: 'left' } })
    await this.#close()
  }

  /** The page is going away: nothing can be awaited any more. */
  abandon(): void {
    void this.#close()
  }

  async toggleMicrophone(): Promise<void> {
    await this.media.setMicrophoneMuted(!this.media.store.getState().microphone.isMuted)
  }

  async toggleCamera(): Promise<void> {
    await this.media.setCameraMuted(!this.media.store.getState().camera.isMuted)
  }

  async toggleShare(): Promise<void> {
    const share = this.#share
    if (!share) return
    try {
      await (share.store.getState() === 'off' ? share.start() : share.stop())
    } catch (error) {
      console.warn('sharing the screen failed', error)
      this.toasts.show('Your screen could not be shared. Try another window or tab.', 'warning')
    }
  }

  toggleHand(): void {
    this.#meeting?.conference.setHandRaised(!this.store.getState().isHandRaised)
  }

  toggleChat(): void {
    const isChatOpen = !this.store.getState().isChatOpen
    this.store.setState({ isChatOpen, ...(isChatOpen && { unreadCount: 0 }) })
  }

  /** @returns whether the line was taken; on false the caller keeps the text */
  sendChat(text: string): boolean {
    const conference = this.#meeting?.conference
    if (!conference || conference.hasEnded || text.trim() === '') return false
    conference.sendChat(text.trim())
    return true
  }

  setDisplayName(name: string): void {
    this.#displayName = name
    this.#meeting?.conference.setDisplayName(name)
  }

  /** Puts a tile on the stage, or takes it down. */
  togglePin(tileId: string): void {
    this.store.setState((state) => ({ pinnedTileId: state.pinnedTileId === tileId ? undefined : tileId }))
  }

  setReceiverConstraints(constraints: ReceiverConstraints): void {
    const conference = this.#meeting?.conference
    if (conference && !conference.hasEnded) conference.setReceiverConstraints(constraints)
  }

  async #enter(): Promise<void> {
    const { microphone, camera } = this.media.store.getState()
    const joinedWith = { audio: wantedOf(microphone), video: wantedOf(camera) }
    const { signal } = this.#entry
    const meeting = await this.#options.enterRoom({
      room: this.room,
      displayName: this.#displayName,
      ...(this.#password !== undefined && { password: this.#password }),
      audioTrack: joinedWith.audio.track,
      videoTrack: joinedWith.video.track,
      audioMuted: joinedWith.audio.muted,
      videoMuted: joinedWith.video.muted,
      signal,
    })
    if (signal.aborted) {
      await meeting.close()
      return
    }
    this.#meeting = meeting
    this.#follow(meeting.conference)
    this.#cleanups.push(linkMedia(this.media, meeting.conference, joinedWith, this.#onMediaRefused))
    this.store.setState({ phase: { kind: 'joined' } })
    this.#options.onConference?.(meeting.conference)
  }

  #follow(conference: Conference): void {
    const { screenDevices } = this.#options
    const share = screenDevices && new ScreenShare(screenDevices, conference)
    this.#share = share
    if (share) {
      this.#cleanups.push(
        share.store.subscribe((state) => this.store.setState({ share: state })),
        () => share.release(),
      )
    }
    const earlier = this.store.getState().messages
    const refresh = () => this.store.setState(viewOf(conference, earlier))
    this.#cleanups.push(
      ...REFRESHING.map((event) => conference.subscribe(event, refresh)),
      conference.subscribe('participantJoined', ({ displayName }) =>
        this.toasts.showName(displayName || NAMELESS, 'joined'),
      ),
      conference.subscribe('participantLeft', ({ displayName }) =>
        this.toasts.showName(displayName || NAMELESS, 'left'),
      ),
      conference.subscribe('participantUpdated', (now, before) => {
        if (now.raisedHandAt !== undefined && before.raisedHandAt === undefined && !now.isLocal) {
          this.toasts.showName(now.displayName || NAMELESS, 'raised a hand')
        }
      }),
      conference.subscribe('messageReceived', (message) => {
        if (!message.isLocal && !isKnownLine(earlier, message) && !this.store.getState().isChatOpen) {
          this.store.setState((state) => ({ unreadCount: state.unreadCount + 1 }))
        }
      }),
      conference.subscribe('mutedByModerator', (kind) => void this.#onMutedByModerator(kind)),
      conference.subscribe('warned', (message, cause) => console.warn(message, cause)),
      conference.subscribe('ended', (reason) => void this.#onEnded(reason)),
    )
    refresh()
  }

  async #onMutedByModerator(kind: 'audio' | 'video' | 'desktop'): Promise<void> {
    this.toasts.show(`A moderator ${MODERATED[kind]}.`, 'warning')
    if (kind === 'audio') await this.media.setMicrophoneMuted(true)
    if (kind === 'video') await this.media.setCameraMuted(true)
    if (kind === 'desktop') this.#share?.release()
  }

  readonly #onMediaRefused = (kind: 'audio' | 'video', error: unknown): void => {
    console.warn(`the conference did not take our ${kind}`, error)
    const device = kind === 'audio' ? 'microphone' : 'camera'
    this.toasts.show(`Your ${device} could not be turned on for the others. Try again, or ask a moderator.`, 'warning')
    // What others get has to be what this page shows.
    void (kind === 'audio' ? this.media.setMicrophoneMuted(true) : this.media.setCameraMuted(true))
  }

  async #onEnded(reason: EndReason): Promise<void> {
    const before = this.store.getState()
    if (before.phase.kind !== 'joined') return
    const failure = failureOfEnd(reason)
    const willRejoin = isWorthRejoining(reason)
    this.store.setState({
      phase: willRejoin ? { kind: 'rejoining', attempt: 1 } : failure ? { kind: 'failed', failure } : { kind: 'left' },
    })
    await this.#close()
    // Closing takes its time: somebody may have left meanwhile.
    if (failure && this.store.getState().phase.kind === 'rejoining') await this.#rejoin(failure, before)
  }

  async #rejoin(failure: Failure, before: CallState): Promise<void> {
    this.#entry = new AbortController()
    const { setTimer, random, onOnline } = this.#options
    const outcome = await rejoin({
      enter: () => this.#enter(),
      setTimer,
      random,
      onOnline,
      onAttempt: (attempt) => this.store.setState({ phase: { kind: 'rejoining', attempt } }),
      signal: this.#entry.signal,
    })
    if (outcome === 'aborted') return
    if (outcome !== 'back') {
      return this.store.setState({ phase: { kind: 'failed', failure: outcome === 'exhausted' ? failure : outcome } })
    }
    if (before.isHandRaised) this.toggleHand()
    // A browser asks before each capture of a screen: that cannot come back by itself.
    const lost = before.share === 'off' ? '' : ' Your screen is not shared any more.'
    this.toasts.show(`You are back in the meeting.${lost}`, lost ? 'warning' : 'info')
  }

  async #close(): Promise<void> {
    this.#entry.abort()
    const meeting = this.#meeting
    this.#meeting = undefined
    this.#share = undefined
    for (const cleanup of this.#cleanups.splice(0).reverse()) cleanup()
    this.toasts.close()
    const { phase, isChatOpen, unreadCount, messages } = this.store.getState()
    this.store.setState({ ...INITIAL, phase, isChatOpen, unreadCount, messages })
    if (!meeting) return
    this.#options.onConference?.(undefined)
    await meeting.close()
  }
}

const INITIAL: CallState = {
  phase: { kind: 'entering' },
  mediaState: 'waiting',
  tiles: [],
  sounds: [],
  messages: [],
  localId: undefined,
  isChatOpen: false,
  unreadCount: 0,
  isHandRaised: false,
  share: 'off',
  pinnedTileId: undefined,
}

/** After any of these the page may look different. */
const REFRESHING = [
  'participantJoined',
  'participantUpdated',
  'participantLeft',
  'sourceAdded',
  'sourceUpdated',
  'sourceRemoved',
  'dominantSpeakerChanged',
  'messageReceived',
  'mediaStateChanged',
] as const

const MODERATED = {
  audio: 'muted your microphone',
  video: 'turned your camera off',
  desktop: 'stopped your screen share',
} as const

function viewOf(conference: Conference, earlier: readonly ChatMessage[]): Partial<CallState> {
  return {
    mediaState: conference.mediaState,
    tiles: tilesOf(conference),
    sounds: [...conference.sources.values()]
      .filter((source) => source.kind === 'audio' && !source.isLocal)
      .map(({ id, ownerId, stream }) => ({ sourceId: id, participantId: ownerId, stream })),
    messages: withEarlierLines(earlier, conference.messages),
    localId: conference.localParticipant.id,
    isHandRaised: conference.localParticipant.raisedHandAt !== undefined,
  }
}
