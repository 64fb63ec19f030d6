/**
 * What one client is told to send at most of its own video sources, and when. More is told at once, less when it has lasted,
 * and never two limits of one source in a row:
 *
 *   wish      720   0   720          0 ───────── 3 s ─▶      720
 *   told      (full)                                    0       ── 1 s after the 0 ─▶ 720
 *
 * COMPAT stock clients until July 2023 (lib-jitsi-meet#2228, #2327): a limit that comes while the one before is still being
 * applied, some 100 ms on a busy machine, fails in `RTCRtpSender.setParameters` and is lost, and the same limit again is
 * ignored. When a meeting begins nobody wants anything for a moment, so `0` and `720` came in a row, and some cameras stayed
 * dark. Others gain too: an encoder that is not stopped needs no key frame and finds its bit rate sooner.
 */
import type { Millis } from './timers.ts'

interface Limit {
  /** As the client knows it, `Infinity` while it has heard none and sends everything. */
  told: number
  toldAt: Millis
  wanted: number
  /** When the wish fell to what it is or less. */
  loweredAt: Millis
}

/** Of one endpoint. Lasts as long: a client remembers limits when its channel or a source comes back. */
export class SenderLimits {
  readonly #limits = new Map<string, Limit>()

  /** @param maxHeight most lines that anybody wants of the source now; 0 = nobody wants it */
  want(now: Millis, sourceName: string, maxHeight: number): void {
    const limit = this.#limits.get(sourceName)
    if (!limit) {
      this.#makeRoom()
      this.#limits.set(sourceName, { told: Infinity, toldAt: -Infinity, wanted: maxHeight, loweredAt: now })
      return
    }
    if (maxHeight < limit.wanted) limit.loweredAt = now
    limit.wanted = maxHeight
  }

  /** What to tell the client now, if anything; it counts as told. */
  take(now: Millis, sourceName: string): number | undefined {
    const limit = this.#limits.get(sourceName)
    if (!limit || now < deadlineOf(limit)) return undefined
    limit.told = limit.wanted
    limit.toldAt = now
    return limit.told
  }

  /** What the client was told, for a new channel: the last words on the old one may be lost. */
  repeat(now: Millis, sourceName: string): number | undefined {
    const limit = this.#limits.get(sourceName)
    if (!limit || limit.told === Infinity) return undefined
    limit.toldAt = now
    return limit.told
  }

  /** When `take` will have something; `Infinity` = as things are, never. */
  deadline(sourceName: string): Millis {
    const limit = this.#limits.get(sourceName)
    return limit ? deadlineOf(limit) : Infinity
  }

  #makeRoom(): void {
    if (this.#limits.size < maxSources) return
    for (const oldest of this.#limits.keys()) {
      this.#limits.delete(oldest)
      return
    }
  }
}

function deadlineOf({ told, toldAt, wanted, loweredAt }: Limit): Millis {
  if (wanted === told) return Infinity
  const applied = toldAt + applyMs
  return wanted > told ? applied : Math.max(applied, loweredAt + lowerAfterMs)
}

/** For a client to apply a limit, with a page that is busy. */
const applyMs = 1000
/** Windows are resized, speakers change and channels open within less. */
const lowerAfterMs = 3000
/** Names come and go as clients signal them; the longest known is forgotten. */
const maxSources = 64
