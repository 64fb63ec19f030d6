/**
 * In a large room only a few voices can be understood at once, so only the loudest few are forwarded. A voice takes a free
 * seat as soon as it is heard; with all seats taken it must be clearly louder than the quietest seated one, who must have had
 * its seat for a while. Seats are kept in silence, so that who pauses is heard again from the first syllable.
 */
import type { Millis } from './timers.ts'

export interface LoudestSpeakersOptions {
  /** Default 3. */
  readonly seats?: number
}

export class LoudestSpeakers<Id> {
  readonly #seats: number
  readonly #voices = new Map<Id, Voice>()
  readonly #seated = new Map<Id, Millis>()

  constructor(options: LoudestSpeakersOptions = {}) {
    this.#seats = options.seats ?? 3
  }

  /** Who has a seat; lives on, ask again after `decide`. */
  has(id: Id): boolean {
    return this.#seated.has(id)
  }

  /** One level of RFC 6464, 0 = loudest, 127 = silence, of one 20 ms frame. */
  level(now: Millis, id: Id, level: number): void {
    const loudness = silence - level
    const voice = this.#voices.get(id)
    if (!voice) {
      this.#voices.set(id, { loudness: loudness * attack, coveredUntil: now })
      return
    }
    fade(voice, now)
    voice.loudness += (loudness - voice.loudness) * (loudness > voice.loudness ? attack : release)
    voice.coveredUntil = now
  }

  /** Call after each batch of levels; one seat changes hands at a time. @returns whether one did */
  decide(now: Millis): boolean {
    const candidate = this.#loudestStanding(now)
    if (candidate === undefined) return false
    if (this.#seated.size >= this.#seats) {
      const quietest = this.#quietestSeated(now)
      const lead = this.#loudness(candidate, now) - this.#loudness(quietest, now)
      if (quietest === undefined || lead < leadDb) return false
      this.#seated.delete(quietest)
    }
    this.#seated.set(candidate, now)
    return true
  }

  remove(id: Id): void {
    this.#voices.delete(id)
    this.#seated.delete(id)
  }

  #loudestStanding(now: Millis): Id | undefined {
    let best: Id | undefined
    let most = heardDb
    for (const id of this.#voices.keys()) {
      const loudness = this.#seated.has(id) ? 0 : this.#loudness(id, now)
      if (loudness >= most) [best, most] = [id, loudness]
    }
    return best
  }

  /** Of those who may be asked to stand up. */
  #quietestSeated(now: Millis): Id | undefined {
    let quietest: Id | undefined
    let least = Infinity
    for (const [id, since] of this.#seated) {
      const loudness = this.#loudness(id, now)
      if (now - since >= holdMs && loudness < least) [quietest, least] = [id, loudness]
    }
    return quietest
  }

  #loudness(id: Id | undefined, now: Millis): number {
    const voice = id === undefined ? undefined : this.#voices.get(id)
    if (!voice) return 0
    fade(voice, now)
    return voice.loudness
  }
}

interface Voice {
  /** Decibels above digital silence: quick to rise, slow to fall. */
  loudness: number
  /** Levels up to here are in `loudness`. */
  coveredUntil: Millis
}

/** With discontinuous transmission silence is told by no levels at all. */
function fade(voice: Voice, now: Millis): void {
  const missingMs = now - voice.coveredUntil
  if (missingMs < silentAfterMs) return
  voice.loudness *= (1 - release) ** (missingMs / frameMs)
  voice.coveredUntil = now
}

const silence = 127
const frameMs = 20
/** Three frames of speech count for nearly all of it, and so does a second and a half of silence. */
const attack = 0.5
const release = 0.03
/** −77 dBov: a quiet voice, not the hiss of a microphone. */
const heardDb = 50
/** Twice as loud to the ear is 10 dB; less than this is the same loudness. */
const leadDb = 6
/** Less is a cough, and a voice that comes and goes with every word is hard to bear. */
const holdMs = 1000
/** Longer than the engine's batches (100 ms) and a network's jitter. */
const silentAfterMs = 250
