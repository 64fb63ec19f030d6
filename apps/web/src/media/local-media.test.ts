import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CaptureDevices, LocalMedia, type LocalMediaOptions } from './local-media.ts'

const OPTIONS: LocalMediaOptions = { isMicrophoneMuted: false, isCameraMuted: false, microphoneId: '', cameraId: '' }

class FakeTrack extends EventTarget {
  readonly kind: string
  enabled = true
  readyState = 'live'
  constructor(kind: string) {
    super()
    this.kind = kind
  }
  stop() {
    this.readyState = 'ended'
  }
}

/** Devices that grant, refuse by kind, and can be made to answer late. */
class FakeDevices extends EventTarget {
  readonly requests: MediaStreamConstraints[] = []
  readonly tracks: FakeTrack[] = []
  refuse: Partial<Record<'audio' | 'video', string>> = {}
  gate: Promise<void> = Promise.resolve()

  async getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    this.requests.push(constraints)
    await this.gate
    const kinds = (['audio', 'video'] as const).filter((kind) => constraints[kind])
    const refused = kinds.find((kind) => this.refuse[kind])
    if (refused) throw Object.assign(new Error(refused), { name: this.refuse[refused] })
    const tracks = kinds.map((kind) => new FakeTrack(kind))
    this.tracks.push(...tracks)
    return {
      getTracks: () => tracks,
      getAudioTracks: () => tracks.filter((track) => track.kind === 'audio'),
      getVideoTracks: () => tracks.filter((track) => track.kind === 'video'),
    } as unknown as MediaStream
  }

  async enumerateDevices() {
    return [
      { kind: 'audioinput', deviceId: 'm1', label: '' },
      { kind: 'videoinput', deviceId: 'c1', label: 'Front' },
      { kind: 'audiooutput', deviceId: '', label: '' },
    ] as MediaDeviceInfo[]
  }
}

function open(options: Partial<LocalMediaOptions> = {}) {
  const devices = new FakeDevices()
  const media = new LocalMedia(devices as unknown as CaptureDevices, { ...OPTIONS, ...options })
  return { devices, media, state: () => media.store.getState() }
}

test('asks once for both devices and lists the ones that can be chosen', async () => {
  const { devices, media, state } = open()
  await media.start()
  assert.equal(devices.requests.length, 1)
  assert.equal(state().microphone.track?.kind, 'audio')
  assert.equal(state().camera.track?.kind, 'video')
  assert.deepEqual(state().microphones, [{ id: 'm1', label: 'Microphone 1' }])
  assert.deepEqual(state().cameras, [{ id: 'c1', label: 'Front' }])
  assert.deepEqual(state().speakers, [])
})

test('a refused camera does not cost the microphone', async () => {
  const { devices, media, state } = open()
  devices.refuse = { video: 'NotAllowedError' }
  await media.start()
  assert.equal(state().microphone.track?.kind, 'audio')
  assert.deepEqual(state().camera, { track: null, isMuted: true, isStarting: false, problem: 'denied' })
})

test('a muted camera is not opened, a muted microphone is, disabled', async () => {
  const { devices, media, state } = open({ isCameraMuted: true, isMicrophoneMuted: true })
  await media.start()
  assert.equal(devices.requests[0]?.video, false)
  assert.equal(state().microphone.track?.enabled, false)
  await media.setMicrophoneMuted(false)
  assert.equal(state().microphone.track?.enabled, true)
  assert.equal(devices.requests.length, 1)
})

test('muting the camera releases the device; unmuting takes it again', async () => {
  const { devices, media, state } = open()
  await media.start()
  const first = state().camera.track
  await media.setCameraMuted(true)
  assert.equal(first?.readyState, 'ended')
  assert.equal(state().camera.track, null)
  await media.setCameraMuted(false)
  assert.equal(state().camera.track?.readyState, 'live')
  assert.equal(devices.requests.length, 2)
})

test('a camera that answers after it was muted again is closed', async () => {
  const { devices, media, state } = open({ isCameraMuted: true })
  let release = () => {}
  devices.gate = new Promise((resolve) => {
    release = resolve
  })
  const pending = media.setCameraMuted(false)
  await media.setCameraMuted(true)
  release()
  await pending
  assert.equal(state().camera.track, null)
  assert.deepEqual(
    devices.tracks.map((track) => track.readyState),
    ['ended'],
  )
})

test('another device replaces the live one', async () => {
  const { devices, media, state } = open()
  await media.start()
  const first = state().microphone.track
  await media.choose('microphone', 'm2')
  assert.deepEqual(devices.requests[1]?.audio, { ...(devices.requests[0]?.audio as object), deviceId: { ideal: 'm2' } })
  assert.equal(first?.readyState, 'ended')
  assert.notEqual(state().microphone.track, first)
})

test('a device pulled out is muted and said so', async () => {
  const { media, state } = open()
  await media.start()
  state().camera.track?.dispatchEvent(new Event('ended'))
  assert.deepEqual(state().camera, { track: null, isMuted: true, isStarting: false, problem: 'unplugged' })
})

test('a page without capture says so and does not throw', async () => {
  const media = new LocalMedia(undefined, OPTIONS)
  await media.start()
  assert.equal(media.store.getState().microphone.problem, 'insecure')
  assert.equal(media.store.getState().camera.problem, 'insecure')
  media.close()
})

test('close releases everything, also what arrives later', async () => {
  const { devices, media } = open()
  await media.start()
  const late = media.retry('camera')
  media.close()
  await late
  assert.ok(devices.tracks.every((track) => track.readyState === 'ended'))
})
