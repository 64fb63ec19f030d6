import { useMemo } from 'react'

/** A stream that holds just this track, the same one as long as the track stays. */
export function useTrackStream(track: MediaStreamTrack | null): MediaStream | undefined {
  return useMemo(() => (track ? new MediaStream([track]) : undefined), [track])
}
