/**
 * Who speaks for the conference, from the audio levels of its sources (see `speech-activity.ts` for the measure). A
 * participant takes over when it beats the dominant one over all three spans, and of several who do, the one that leads
 * most over the medium span. So a cough or an "mhm" does not move the picture, and a speaker's short pause does not either.
 */
import { SpeechActivity, frameMs } from './speech-activity.ts'
import type { Millis } from './timers.ts'

export class DominantSpeaker<Id> {
  readonly #speakers = new Map<Id, Speaker>()
  #dominant: Id | undefined
  #decidedAt = -Infinity
  /** Since when the dominant one has not spoken. */
  #heardAt: Millis = -Infinity

  get current(): Id | undefined {
    return this.#dominant
  }

  /** One audio level, 0 = loudest, 127 = silence, of one 20 ms frame. */
  level(now: Millis, id: Id, level: number): void {
    let speaker = this.#speakers.get(id)
    if (!speaker) {
      speaker = { activity: new SpeechActivity(), coveredUntil: now }
      this.#speakers.set(id, speaker)
    }
    speaker.activity.push(level)
    speaker.coveredUntil = now
  }

  /** Forget a participant; when it was the dominant one, nobody is until the next who speaks. */
  remove(id: Id): void {
    this.#speakers.delete(id)
    if (this.#dominant === id) this.#dominant = undefined
  }

  /** Decide at most every 300 ms; call it after each batch of levels. @returns whether the dominant speaker changed */
  decide(now: Millis): boolean {
    if (now - this.#decidedAt < decisionIntervalMs) return false
    this.#decidedAt = now
    for (const speaker of this.#speakers.values()) fillSilence(speaker, now)
    const dominant = this.#dominant === undefined ? undefined : this.#speakers.get(this.#dominant)
    if (dominant && dominant.activity.speechFrameCount() > 0) this.#heardAt = now
    const isFloorFree = !dominant || now - this.#heardAt >= floorFreeAfterMs
    const next = isFloorFree ? this.#firstToSpeak() : this.#challenger(dominant.activity)
    if (next === undefined || next === this.#dominant) return false
    this.#dominant = next
    this.#heardAt = now
    return true
  }

  /** With the floor free there is nobody to beat: whoever has spoken most of late gets it. */
  #firstToSpeak(): Id | undefined {
    let best: Id | undefined
    let most = 0
    for (const [id, { activity }] of this.#speakers) {
      if (id === this.#dominant) continue
      const frames = activity.speechFrameCount()
      if (frames > most) [best, most] = [id, frames]
    }
    return best
  }

  #challenger(dominant: SpeechActivity): Id | undefined {
    let best: Id | undefined
    let lead: number = leadNeeded.medium
    for (const [id, { activity }] of this.#speakers) {
      if (id === this.#dominant) continue
      const over = (span: keyof typeof leadNeeded) => Math.log(activity.score(span) / dominant.score(span))
      if (over('immediate') <= leadNeeded.immediate || over('long') <= leadNeeded.long) continue
      if (over('medium') > lead) [best, lead] = [id, over('medium')]
    }
    return best
  }
}

interface Speaker {
  readonly activity: SpeechActivity
  /** Levels up to here are in `activity`. */
  coveredUntil: Millis
}

/** A muted microphone, or one with discontinuous transmission, sends no levels: time goes on all the same. */
function fillSilence(speaker: Speaker, now: Millis): void {
  const missingMs = now - speaker.coveredUntil
  if (missingMs < silentAfterMs) return
  const frames = Math.min(Math.floor(missingMs / frameMs), SpeechActivity.framesKept)
  for (let i = 0; i < frames; i++) speaker.activity.push(127)
  speaker.coveredUntil = now
}

/** Logarithms of the score ratios, from the paper. */
const leadNeeded = { immediate: 3, medium: 2, long: 0 } as const
const decisionIntervalMs = 300
/** Longer than the engine's batches (100 ms) and a network's jitter. */
const silentAfterMs = 250
/** Beyond the paper: a dominant speaker who is silent this long need not be beaten, only followed. */
const floorFreeAfterMs = 3000
