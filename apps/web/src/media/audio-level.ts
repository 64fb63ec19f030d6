/**
 * Shows how loud a microphone is. Runs once per frame of the display and hands the level to a callback that writes it
 * straight into a style, since a React update sixty times a second would be waste.
 */

/** −60 dBFS is silence on the meter, −6 dBFS fills it: normal speech moves in the middle. */
const FLOOR_DB = -60
const CEILING_DB = -6

/** How much of the meter falls per frame after a peak; rising is immediate. */
const DECAY = 0.06

/** Maps samples in [−1, 1] to a level in [0, 1] by their root mean square. */
export function levelOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length) || Number.MIN_VALUE)
  return Math.min(1, Math.max(0, (decibels - FLOOR_DB) / (CEILING_DB - FLOOR_DB)))
}

/** @returns stops watching and frees the audio context */
export function watchAudioLevel(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const context = new AudioContext()
  const analyser = new AnalyserNode(context, { fftSize: 1024 })
  const source = context.createMediaStreamSource(new MediaStream([track]))
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  let shown = 0
  let frame = requestAnimationFrame(function measure() {
    analyser.getFloatTimeDomainData(samples)
    shown = Math.max(levelOf(samples), shown - DECAY)
    onLevel(shown)
    frame = requestAnimationFrame(measure)
  })
  // Browsers start a context suspended until the page was touched.
  const resume = () => void context.resume()
  resume()
  addEventListener('pointerdown', resume)
  addEventListener('keydown', resume)
  return () => {
    cancelAnimationFrame(frame)
    removeEventListener('pointerdown', resume)
    removeEventListener('keydown', resume)
    source.disconnect()
    void context.close()
    onLevel(0)
  }
}
