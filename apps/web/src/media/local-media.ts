/**
 * The person's own camera and microphone: opens, mutes, exchanges and closes them. Muting the microphone keeps the device
 * (so that speaking again is immediate); muting the camera releases it (so that its light goes out).
 *
 * Requests can overtake each other when someone toggles quickly. Each kind therefore has a generation: an answer that
 * belongs to an older request is closed and forgotten.
 */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { type CaptureKind, type CaptureProblem, problemOfError } from './capture-problem.ts'

export interface Capture {
  /** `null` while off, starting or failed. A muted microphone keeps its track, disabled. */
  readonly track: MediaStreamTrack | null
  readonly isMuted: boolean
  readonly isStarting: boolean
  readonly problem: CaptureProblem | undefined
}

export interface DeviceChoice {
  readonly id: string
  readonly label: string
}

export interface LocalMediaState {
  readonly microphone: Capture
  readonly camera: Capture
  readonly microphones: readonly DeviceChoice[]
  readonly cameras: readonly DeviceChoice[]
  readonly speakers: readonly DeviceChoice[]
  readonly microphoneId: string
  readonly cameraId: string
}

export interface LocalMediaOptions {
  readonly isMicrophoneMuted: boolean
  readonly isCameraMuted: boolean
  readonly microphoneId: string
  readonly cameraId: string
}

/** What is used of `navigator.mediaDevices`; absent on insecure pages. */
export type CaptureDevices = Pick<
  MediaDevices,
  'getUserMedia' | 'enumerateDevices' | 'addEventListener' | 'removeEventListener'
>

export class LocalMedia {
  readonly store: StoreApi<LocalMediaState>
  readonly #devices: CaptureDevices | undefined
  readonly #generation = { microphone: 0, camera: 0 }
  #isClosed = false

  constructor(devices: CaptureDevices | undefined, options: LocalMediaOptions) {
    this.#devices = devices
    this.store = createStore<LocalMediaState>(() => ({
      microphone: { ...IDLE, isMuted: options.isMicrophoneMuted },
      camera: { ...IDLE, isMuted: options.isCameraMuted },
      microphones: [],
      cameras: [],
      speakers: [],
      microphoneId: options.microphoneId,
      cameraId: options.cameraId,
    }))
    this.#devices?.addEventListener('devicechange', this.#refreshDevices)
  }

  /**
   * Opens the microphone, and the camera unless it is muted. Asks for both at once, so that there is one permission
   * question, and for each alone when both together fail. Never rejects: what failed is in the state.
   */
  async start(): Promise<void> {
    const { camera } = this.store.getState()
    if (camera.isMuted) await this.#open('microphone')
    else await this.#openBoth()
    await this.#refreshDevices()
  }

  /** Opens the microphone first if it is not there yet. */
  async setMicrophoneMuted(isMuted: boolean): Promise<void> {
    this.#update('microphone', { isMuted })
    const { track, isStarting } = this.store.getState().microphone
    if (track) track.enabled = !isMuted
    else if (!isMuted && !isStarting) await this.retry('microphone')
  }

  async setCameraMuted(isMuted: boolean): Promise<void> {
    this.#update('camera', { isMuted })
    if (isMuted) this.#release('camera')
    else await this.retry('camera')
  }

  /** Takes another device, at once if the current one is live. */
  async choose(kind: CaptureKind, deviceId: string): Promise<void> {
    this.store.setState(kind === 'camera' ? { cameraId: deviceId } : { microphoneId: deviceId })
    if (kind === 'microphone' || !this.store.getState().camera.isMuted) await this.retry(kind)
  }

  /** Opens the chosen device (again). */
  async retry(kind: CaptureKind): Promise<void> {
    await this.#open(kind)
    await this.#refreshDevices()
  }

  /** Releases both devices. The object is of no use afterwards. */
  close(): void {
    this.#isClosed = true
    this.#devices?.removeEventListener('devicechange', this.#refreshDevices)
    this.#release('microphone')
    this.#release('camera')
  }

  async #openBoth(): Promise<void> {
    const generations = { microphone: this.#begin('microphone'), camera: this.#begin('camera') }
    let stream: MediaStream
    try {
      stream = await this.#capture(['microphone', 'camera'])
    } catch {
      // One of the two is missing or refused. Which one, only single requests can tell.
      await this.#open('microphone')
      if (!this.store.getState().camera.isMuted) await this.#open('camera')
      return
    }
    this.#accept('microphone', generations.microphone, stream.getAudioTracks()[0])
    this.#accept('camera', generations.camera, stream.getVideoTracks()[0])
  }

  async #open(kind: CaptureKind): Promise<void> {
    const generation = this.#begin(kind)
    try {
      const stream = await this.#capture([kind])
      this.#accept(kind, generation, stream.getTracks()[0])
    } catch (error) {
      if (generation !== this.#generation[kind]) return
      this.#stopTrack(kind)
      this.#update(kind, {
        isStarting: false,
        isMuted: true,
        problem: this.#devices ? problemOfError(error) : 'insecure',
      })
    }
  }

  #begin(kind: CaptureKind): number {
    this.#update(kind, { isStarting: true, problem: undefined })
    return ++this.#generation[kind]
  }

  #capture(kinds: readonly CaptureKind[]): Promise<MediaStream> {
    if (!this.#devices) return Promise.reject(new Error('no capture on this page'))
    const { microphoneId, cameraId } = this.store.getState()
    return this.#devices.getUserMedia({
      audio: kinds.includes('microphone') && { ...AUDIO, ...device(microphoneId) },
      video: kinds.includes('camera') && { ...VIDEO, ...(cameraId ? device(cameraId) : { facingMode: 'user' }) },
    })
  }

  #accept(kind: CaptureKind, generation: number, track: MediaStreamTrack | undefined): void {
    const isWanted = !this.#isClosed && generation === this.#generation[kind]
    if (!isWanted || !track) {
      track?.stop()
      return
    }
    this.#stopTrack(kind)
    if (kind === 'microphone') track.enabled = !this.store.getState().microphone.isMuted
    // Only an end that did not come from us is an event: the device is gone.
    track.addEventListener('ended', () => this.#lose(kind, track), { once: true })
    this.#update(kind, { track, isStarting: false, problem: undefined })
  }

  #lose(kind: CaptureKind, track: MediaStreamTrack): void {
    if (this.store.getState()[kind].track !== track) return
    this.#generation[kind]++
    this.#update(kind, { track: null, isStarting: false, isMuted: true, problem: 'unplugged' })
  }

  #release(kind: CaptureKind): void {
    this.#generation[kind]++
    this.#stopTrack(kind)
    this.#update(kind, { isStarting: false })
  }

  #stopTrack(kind: CaptureKind): void {
    const { track } = this.store.getState()[kind]
    if (!track) return
    track.stop()
    this.#update(kind, { track: null })
  }

  #update(kind: CaptureKind, change: Partial<Capture>): void {
    this.store.setState((state) => ({ [kind]: { ...state[kind], ...change } }))
  }

  readonly #refreshDevices = async (): Promise<void> => {
    const devices = await this.#devices?.enumerateDevices().catch(() => [])
    if (!devices || this.#isClosed) return
    this.store.setState({
      microphones: choicesOf(devices, 'audioinput', 'Microphone'),
      cameras: choicesOf(devices, 'videoinput', 'Camera'),
      speakers: choicesOf(devices, 'audiooutput', 'Speaker'),
    })
  }
}

const IDLE: Capture = { track: null, isMuted: false, isStarting: false, problem: undefined }

const AUDIO: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

const VIDEO: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
}

/** `ideal`, not `exact`: a remembered device that is not plugged in today must not keep anyone out. */
function device(id: string): MediaTrackConstraints {
  return id ? { deviceId: { ideal: id } } : {}
}

/** Before permission is given, browsers hide ids and labels: such entries cannot be chosen and are left out. */
function choicesOf(
  devices: readonly MediaDeviceInfo[],
  kind: MediaDeviceKind,
  fallbackLabel: string,
): readonly DeviceChoice[] {
  return devices
    .filter((device) => device.kind === kind && device.deviceId !== '')
    .map((device, index) => ({ id: device.deviceId, label: device.label || `${fallbackLabel} ${index + 1}` }))
}
