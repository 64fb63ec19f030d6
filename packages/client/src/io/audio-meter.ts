/** Loudness of everybody, for level meters: sampled while a session lives and somebody listens. */
import type { Clock } from '../platform.ts'
import type { PeerSession } from './peer-session.ts'

export interface AudioMeterOptions {
  readonly clock: Clock
  readonly session: () => PeerSession | undefined
  readonly isWanted: () => boolean
  readonly onLevels: (levels: ReadonlyMap<string, number>) => void
}

export class AudioMeter {
  readonly #options: AudioMeterOptions
  readonly #lastTimestamps = new WeakMap<RTCRtpReceiver, number>()
  #cancelTimer: (() => void) | undefined
  #isClosed = false

  constructor(options: AudioMeterOptions) {
    this.#options = options
    this.#schedule()
  }

  close(): void {
    this.#isClosed = true
    this.#cancelTimer?.()
  }

  #schedule(): void {
    if (this.#isClosed) return
    this.#cancelTimer = this.#options.clock.setTimer(intervalMs, () => {
      const session = this.#options.isWanted() ? this.#options.session() : undefined
      const measured = session ? measure(session, this.#lastTimestamps) : Promise.resolve(undefined)
      measured
        .then((levels) => {
          if (levels && !this.#isClosed) this.#options.onLevels(levels)
        })
        // a session that closes while it is measured
        .catch(() => undefined)
        .finally(() => this.#schedule())
    })
  }
}

/** By participant; the loudest of each one's sources. */
async function measure(
  session: PeerSession,
  lastTimestamps: WeakMap<RTCRtpReceiver, number>,
): Promise<Map<string, number>> {
  const levels = new Map<string, number>()
  for (const line of session.lines()) {
    if (line.kind !== 'audio') continue
    const transceiver = session.transceiver(line.mid)
    if (!transceiver) continue
    const level = line.isLocal
      ? await sentLevel(transceiver.sender)
      : receivedLevel(transceiver.receiver, lastTimestamps)
    if (level > silence) levels.set(line.ownerId, Math.max(level, levels.get(line.ownerId) ?? 0))
  }
  return levels
}

/** From the level that the sender writes into each packet (RFC 6464), or what the browser measured itself. */
function receivedLevel(receiver: RTCRtpReceiver, lastTimestamps: WeakMap<RTCRtpReceiver, number>): number {
  const [source] = receiver.getSynchronizationSources()
  if (!source) return 0
  // the browser keeps the level of the last packet for seconds; only a new packet makes it news
  const isNews = lastTimestamps.get(receiver) !== source.rtpTimestamp
  lastTimestamps.set(receiver, source.rtpTimestamp)
  return isNews ? (source.audioLevel ?? 0) : 0
}

async function sentLevel(sender: RTCRtpSender): Promise<number> {
  if (!sender.track?.enabled) return 0
  let level = 0
  const stats = await sender.getStats()
  stats.forEach((report: { readonly type: string; readonly audioLevel?: number }) => {
    if (report.type === 'media-source') level = report.audioLevel ?? 0
  })
  return level
}

const intervalMs = 200
/** Background noise of a fair microphone. */
const silence = 0.003
