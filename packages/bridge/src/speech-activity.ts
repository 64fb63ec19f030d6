/**
 * How much a participant speaks, over three spans at once, after Volfin and Cohen, "Dominant speaker identification for
 * multipoint videoconferencing" (Computer Speech & Language 27, 2013):
 *
 *     frame (20 ms)   level above the noise floor, in 13 steps         immediate: steps of the newest frame
 *     5 frames        frames at or above the speech threshold          medium: count in the newest block
 *     10 blocks       blocks wholly of speech                          long: count in the last second
 *
 * Each count n of N becomes a likelihood ratio of speech against silence (binomial against exponential); only the ratios'
 * logarithms between two participants are compared.
 */

export type Span = 'immediate' | 'medium' | 'long'

/** One participant's last second. Levels are RFC 6464's: 0 = loudest, 127 = silence. */
export class SpeechActivity {
  /** One second of frames: 10 blocks of 5. */
  static readonly framesKept = 50

  /** Steps 0–13 per frame, newest last; a ring. */
  readonly #steps = new Uint8Array(SpeechActivity.framesKept)
  #next = 0
  /** Quietest loudness of late, in dB above digital silence; follows a louder room slowly. */
  #noiseFloorDb = 0

  push(level: number): void {
    const loudnessDb = silenceLevel - Math.min(Math.max(level, 0), silenceLevel)
    this.#noiseFloorDb = Math.min(loudnessDb, this.#noiseFloorDb + floorRiseDbPerFrame)
    // What stays within one step of the floor is the room, not the person.
    const isNoise = loudnessDb < Math.min(this.#noiseFloorDb + stepDb, certainSpeechDb)
    this.#steps[this.#next] = isNoise ? 0 : Math.ceil(loudnessDb / stepDb)
    this.#next = (this.#next + 1) % SpeechActivity.framesKept
  }

  /** Log-likelihood that this span is speech; larger is more, never below {@link leastScore}. */
  score(span: Span): number {
    switch (span) {
      case 'immediate':
        return likelihood(stepCount, this.#stepsAt(0), 0.78)
      case 'medium':
        return likelihood(framesPerBlock, this.speechFrames(0), 24)
      case 'long':
        return likelihood(blocksKept, this.#speechBlocks(), 47)
    }
  }

  /** Frames of speech in a block, 0–5; block 0 is the newest. */
  speechFrames(block: number): number {
    let count = 0
    for (let i = 0; i < framesPerBlock; i++) {
      if (this.#stepsAt(block * framesPerBlock + i) >= speechSteps) count++
    }
    return count
  }

  /** Frames of speech in the last second, 0–50. */
  speechFrameCount(): number {
    let count = 0
    for (const steps of this.#steps) if (steps >= speechSteps) count++
    return count
  }

  #speechBlocks(): number {
    let count = 0
    for (let block = 0; block < blocksKept; block++) if (this.speechFrames(block) === framesPerBlock) count++
    return count
  }

  #stepsAt(framesAgo: number): number {
    const kept = SpeechActivity.framesKept
    return this.#steps[(this.#next - 1 - framesAgo + 2 * kept) % kept] as number
  }
}

/**
 * Speech makes each of N parts active with probability 1/2; silence makes n of them active with exponentially falling
 * probability λ·e^(−λn).
 */
function likelihood(parts: number, active: number, lambda: number): number {
  const speech = Math.log(choose(parts, active)) + parts * Math.log(0.5)
  const silence = Math.log(lambda) - lambda * active
  return Math.max(speech - silence, leastScore)
}

function choose(n: number, k: number): number {
  let result = 1
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i
  return result
}

export const frameMs = 20
/** Keeps logarithms of score ratios finite. */
export const leastScore = 1e-10

const silenceLevel = 127
const stepCount = 13
const stepDb = 10
const framesPerBlock = 5
const blocksKept = 10
/** 70 dB above digital silence: a person at a microphone, not the next room. */
const speechSteps = 8
/** However steady: loud enough (−37 dBov) to be meant for others. */
const certainSpeechDb = 90
/** 1 dB per second. */
const floorRiseDbPerFrame = frameMs / 1000
