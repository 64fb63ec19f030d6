/**
 * Keeps a conference in step with the person's own devices. Changes can come faster than the conference applies them:
 * each kind works through one change at a time and then looks again, so only the latest state counts and nothing queues.
 */
import type { Conference } from '@parley/client'
import type { Capture, LocalMedia } from '../media/local-media.ts'

type Kind = 'audio' | 'video'

interface Applied {
  track: MediaStreamTrack | null
  muted: boolean
}

/** What a capture means for the conference: without a track there is nothing to hear or see. */
export function wantedOf(capture: Capture): Readonly<Applied> {
  return { track: capture.track, muted: capture.isMuted || capture.track === null }
}

/**
 * @param joinedWith what the conference was joined with
 * @param onRefused the conference did not take a change; called once per failed attempt
 * @returns stops following; a change in progress still finishes
 */
export function linkMedia(
  media: LocalMedia,
  conference: Conference,
  joinedWith: Readonly<Record<Kind, Readonly<Applied>>>,
  onRefused: (kind: Kind, error: unknown) => void,
): () => void {
  let isLinked = true
  const follow = (kind: Kind, capture: () => Capture) => {
    const applied = { ...joinedWith[kind] }
    let isBusy = false
    return async () => {
      if (isBusy) return
      isBusy = true
      try {
        while (isLinked && !conference.hasEnded && (await applyNext(conference, kind, applied, wantedOf(capture()))));
      } catch (error) {
        if (isLinked && !conference.hasEnded) onRefused(kind, error)
      } finally {
        isBusy = false
      }
    }
  }
  const followMicrophone = follow('audio', () => media.store.getState().microphone)
  const followCamera = follow('video', () => media.store.getState().camera)
  const followBoth = () => {
    void followMicrophone()
    void followCamera()
  }
  const unsubscribe = media.store.subscribe(followBoth)
  followBoth()
  return () => {
    isLinked = false
    unsubscribe()
  }
}

/**
 * Mute first, so that nothing is sent of a track that is going away; the track before unmuting, so that there is something
 * to send. A track that ended stays with the conference while muted: the next one replaces it.
 * @returns whether there was anything to do
 */
async function applyNext(
  conference: Conference,
  kind: Kind,
  applied: Applied,
  wanted: Readonly<Applied>,
): Promise<boolean> {
  if (wanted.muted && !applied.muted) {
    await conference.setMuted(kind, true)
    applied.muted = true
    return true
  }
  if (wanted.track !== null && wanted.track !== applied.track) {
    await (kind === 'audio' ? conference.setMicrophone(wanted.track) : conference.setCamera(wanted.track))
    applied.track = wanted.track
    return true
  }
  if (!wanted.muted && applied.muted) {
    await conference.setMuted(kind, false)
    applied.muted = false
    return true
  }
  return false
}
