/** The person's own shared screen: captured, handed to the conference, and released again however it ends. */
import type { Conference } from '@parley/client'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { captureScreen, type ScreenCapture } from '../media/screen.ts'

export type ShareState = 'off' | 'starting' | 'on'

export class ScreenShare {
  readonly store: StoreApi<ShareState> = createStore<ShareState>(() => 'off')
  readonly #devices: MediaDevices
  readonly #conference: Conference
  #capture: ScreenCapture | undefined

  constructor(devices: MediaDevices, conference: Conference) {
    this.#devices = devices
    this.#conference = conference
  }

  /** @throws what capture or conference threw; choosing nothing is no error */
  async start(): Promise<void> {
    if (this.store.getState() !== 'off') return
    this.store.setState('starting', true)
    try {
      const capture = await captureScreen(this.#devices)
      if (!capture || this.#conference.hasEnded) {
        stopTracks(capture)
        this.store.setState('off', true)
        return
      }
      this.#capture = capture
      // The browser's own "stop sharing" ends the track; the conference sees that, too.
      capture.video.addEventListener('ended', () => this.#forget(capture), { once: true })
      await this.#conference.startScreenShare(capture.video, capture.audio)
      if (this.#capture === capture) this.store.setState('on', true)
    } catch (error) {
      this.release()
      throw error
    }
  }

  async stop(): Promise<void> {
    this.release()
    if (!this.#conference.hasEnded) await this.#conference.stopScreenShare()
  }

  /** Gives the screen back without telling the conference, which is over or knows. Idempotent. */
  release(): void {
    stopTracks(this.#capture)
    if (this.#capture) this.#forget(this.#capture)
    else this.store.setState('off', true)
  }

  #forget(capture: ScreenCapture): void {
    if (this.#capture !== capture) return
    capture.audio?.stop()
    this.#capture = undefined
    this.store.setState('off', true)
  }
}

function stopTracks(capture: ScreenCapture | undefined): void {
  capture?.video.stop()
  capture?.audio?.stop()
}
