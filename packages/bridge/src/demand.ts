/** What a receiver could use if its network had no limit: so far, and not further, the engine looks for more bandwidth. */
import { allocate } from './allocation.ts'
import type { EffectiveHeight } from './allocation.ts'
import type { LayersOf, VideoSource } from './layers.ts'

/** Bits per second, of the best layers that are wanted and of all audio. */
export function demandBps<S extends VideoSource>(
  wanted: readonly EffectiveHeight<S>[],
  layersOf: LayersOf<S>,
  audioCount: number,
): number {
  const videoBps = allocate(wanted, { layersOf }).reduce((sum, { layer }) => sum + layer.bitrateBps, 0)
  return videoBps + audioCount * audioBps
}

/** Bit rates waver all the time. */
export function isOtherDemand(bps: number, toldBps: number | undefined): boolean {
  return toldBps === undefined || Math.abs(bps - toldBps) > toldBps * worthTelling
}

/** Opus with its headers. */
const audioBps = 50_000
const worthTelling = 0.1
