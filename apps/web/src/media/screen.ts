/** Screen capture (Screen Capture §5.1). */
import { problemOfError } from './capture-problem.ts'

export interface ScreenCapture {
  readonly video: MediaStreamTrack
  /** Sound of the shared tab or system, where browser and person allow it. */
  readonly audio: MediaStreamTrack | undefined
}

/** Phones have no screen capture; where this is false the button is absent. */
export function canCaptureScreen(devices: MediaDevices | undefined): boolean {
  return typeof devices?.getDisplayMedia === 'function'
}

/**
 * Lets the person pick a screen, window or tab.
 * @returns `undefined` when they changed their mind, which browsers report as a refusal
 * @throws what the browser threw for any other reason
 */
export async function captureScreen(devices: MediaDevices): Promise<ScreenCapture | undefined> {
  let stream: MediaStream
  try {
    stream = await devices.getDisplayMedia({ video: { frameRate: { ideal: 30, max: 30 } }, audio: true })
  } catch (error) {
    if (problemOfError(error) === 'denied') return undefined
    throw error
  }
  const [video] = stream.getVideoTracks()
  if (!video) throw new Error('the screen capture has no picture')
  // Text must stay sharp; without the hint encoders treat it like a camera.
  video.contentHint = 'detail'
  return { video, audio: stream.getAudioTracks()[0] }
}
