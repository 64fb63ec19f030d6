/**
 * Which page is shown, and who owns what it needs: the address bar decides at first, people after that. Camera and
 * microphone are opened on the way into a room and closed on the way out, whichever way that is.
 */
import type { Conference } from '@parley/client'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { CallModel } from './call/call-model.ts'
import type { EnterRoom } from './call/enter-room.ts'
import type { SetTimer } from './call/toasts.ts'
import { type EntryOptions, normalizeRoomName, pathOfRoom, readEntryOptions, roomOfPath } from './location.ts'
import { type CaptureDevices, LocalMedia } from './media/local-media.ts'
import { canCaptureScreen } from './media/screen.ts'
import type { PreferencesStore } from './preferences.ts'

export type Page =
  | { readonly kind: 'welcome' }
  | { readonly kind: 'prejoin'; readonly room: string; readonly media: LocalMedia }
  | { readonly kind: 'call'; readonly room: string; readonly call: CallModel }
  | { readonly kind: 'left'; readonly room: string }

export interface AppOptions {
  readonly enterRoom: EnterRoom
  readonly preferences: PreferencesStore
  readonly devices: (CaptureDevices & MediaDevices) | undefined
  readonly setTimer: SetTimer
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Calls when the browser has a network again; returns the way to stop. */
  readonly onOnline: (listener: () => void) => () => void
  readonly onConference: (conference: Conference | undefined) => void
  /** Puts a path into the address bar. */
  readonly pushPath: (path: string) => void
}

/** How long a call that skips the pre-join page waits for camera and microphone; what comes later is added then. */
const MEDIA_WAIT_MS = 5000

export class AppModel {
  readonly preferences: PreferencesStore
  readonly store: StoreApi<{ readonly page: Page }> = createStore<{ readonly page: Page }>(() => ({
    page: { kind: 'welcome' },
  }))
  readonly #options: AppOptions

  constructor(options: AppOptions) {
    this.#options = options
    this.preferences = options.preferences
  }

  /** Shows what an address asks for: at start, and on the browser's back and forward. */
  open(url: URL): void {
    const room = roomOfPath(url.pathname)
    const entry = readEntryOptions(url)
    if (entry.displayName !== undefined) this.preferences.setState({ displayName: entry.displayName })
    if (room === undefined) this.#show({ kind: 'welcome' })
    else if (entry.skipPrejoin) void this.#enterDirectly(room, entry)
    else this.#prepare(room, entry)
  }

  /** @returns false when the name holds no usable character */
  startMeeting(name: string): boolean {
    const room = normalizeRoomName(name)
    if (room === '') return false
    this.#options.pushPath(pathOfRoom(room))
    this.#prepare(room)
    return true
  }

  /** From the pre-join page into the call. */
  join(displayName: string): void {
    const { page } = this.store.getState()
    if (page.kind !== 'prejoin') return
    this.preferences.setState({ displayName })
    this.#enter(page.room, page.media)
  }

  async leave(): Promise<void> {
    const { page } = this.store.getState()
    if (page.kind === 'call') this.#show({ kind: 'left', room: page.room })
  }

  /** From "you left" straight back into the call. */
  rejoin(): void {
    const { page } = this.store.getState()
    if (page.kind === 'left') void this.#enterDirectly(page.room, { skipPrejoin: true })
  }

  goHome(): void {
    this.#options.pushPath('/')
    this.#show({ kind: 'welcome' })
  }

  /** The page is going away. */
  abandon(): void {
    const { page } = this.store.getState()
    if (page.kind === 'call') page.call.abandon()
  }

  #prepare(room: string, entry?: EntryOptions): void {
    const media = this.#openMedia(entry)
    this.#show({ kind: 'prejoin', room, media })
    void media.start()
  }

  async #enterDirectly(room: string, entry: EntryOptions): Promise<void> {
    const media = this.#openMedia(entry)
    const page: Page = { kind: 'prejoin', room, media }
    this.#show(page)
    await this.#atMost(MEDIA_WAIT_MS, media.start())
    if (this.store.getState().page === page) this.#enter(room, media)
  }

  #enter(room: string, media: LocalMedia): void {
    const { devices, enterRoom, setTimer, random, onOnline, onConference } = this.#options
    const call = new CallModel({
      room,
      displayName: this.preferences.getState().displayName,
      enterRoom,
      media,
      screenDevices: canCaptureScreen(devices) ? devices : undefined,
      setTimer,
      random,
      onOnline,
      onConference,
    })
    this.#show({ kind: 'call', room, call })
    void call.start()
  }

  #openMedia(entry: EntryOptions | undefined): LocalMedia {
    const { isMicrophoneMuted, isCameraMuted, microphoneId, cameraId } = this.preferences.getState()
    return new LocalMedia(this.#options.devices, {
      isMicrophoneMuted: entry?.startWithAudioMuted ?? isMicrophoneMuted,
      isCameraMuted: entry?.startWithVideoMuted ?? isCameraMuted,
      microphoneId,
      cameraId,
    })
  }

  /** Every way out of a page releases what the page owned and the next one does not take over. */
  #show(page: Page): void {
    const before = this.store.getState().page
    this.store.setState({ page })
    if (before.kind === 'prejoin' && !(page.kind === 'call' && page.call.media === before.media)) before.media.close()
    if (before.kind === 'call') {
      void before.call.leave()
      before.call.media.close()
    }
  }

  #atMost(ms: number, work: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.setTimer(ms, resolve)
      void work.finally(() => {
        cancel()
        resolve()
      })
    })
  }
}
