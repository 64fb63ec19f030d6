/**
 * Which video sources a receiver gets, and up to which layer. Three pure steps: order the sources by what matters to
 * the receiver, find the height it may have of each, choose layers that fit into what its network carries.
 */
import { limitsFor, sourceLayers, usableLayers } from './layers.ts'
import type { Layer, LayerLimits, LayersOf, VideoSource, VideoWish } from './layers.ts'
import { constraintsFor } from './receiver-constraints.ts'
import type { ReceiverConstraints } from './receiver-constraints.ts'

export type { VideoSource } from './layers.ts'

/** How much of a source a receiver may have. */
export interface EffectiveHeight<S extends VideoSource = VideoSource> extends VideoWish<S> {
  readonly isOnStage: boolean
}

export interface ForwardedVideo<S extends VideoSource = VideoSource> {
  readonly source: S
  readonly layer: Layer
  readonly limits: LayerLimits
}

/**
 * On-stage sources in the order the receiver gave, then selected ones, then by recent speech. Sources that send nothing
 * come last of all, so that they never use up the receiver's `lastN`.
 * @param sources ordered by their owners' recent speech, newest first
 */
export function prioritise<S extends VideoSource>(sources: readonly S[], receiver: ReceiverConstraints): readonly S[] {
  const rank = new Map<string, number>()
  for (const name of [...receiver.onStageSources, ...receiver.selectedSources]) {
    if (!rank.has(name)) rank.set(name, rank.size)
  }
  const last = rank.size
  const key = (source: S) => (rank.get(source.name) ?? last) + (source.videoType === 'none' ? last + 1 : 0)
  return sources
    .map((source, speech) => ({ source, key: key(source), speech }))
    .sort((a, b) => a.key - b.key || a.speech - b.speech)
    .map(({ source }) => source)
}

/** The receiver's limits, and nothing beyond the first `lastN` sources. @param sources in order of priority */
export function effectiveHeights<S extends VideoSource>(
  sources: readonly S[],
  receiver: ReceiverConstraints,
): readonly EffectiveHeight<S>[] {
  const lastN = receiver.lastN < 0 ? sources.length : receiver.lastN
  return sources.map((source, index) => {
    const { maxHeight, maxFrameRate = -1 } = constraintsFor(receiver, source.name)
    const isOnStage = receiver.onStageSources.includes(source.name)
    const allowed = index >= lastN ? 0 : maxHeight < 0 ? Infinity : maxHeight
    return { source, maxHeight: allowed, maxFrameRate, isOnStage }
  })
}

export interface AllocationOptions<S extends VideoSource> {
  /** What the way to the receiver carries; `undefined` = everything. */
  readonly budgetBps?: number | undefined
  /** Default: what stock clients send. */
  readonly layersOf?: LayersOf<S>
}

/**
 * Sources to forward, in order of priority, each with its best layer within its height and, all together, within the budget.
 *
 * The list is walked again and again, each source climbing one layer at a time while the budget lasts, so that many small
 * pictures come before one large one. A source on stage climbs to 360 lines at once, and as long as the first one cannot,
 * the others wait. A screen on stage, first in the list, may take a little more than there is: half a screen is no use.
 */
export function allocate<S extends VideoSource>(
  wanted: readonly EffectiveHeight<S>[],
  { budgetBps, layersOf = sourceLayers }: AllocationOptions<S> = {},
): readonly ForwardedVideo<S>[] {
  const climbs = wanted.flatMap((wish) => {
    const layers = usableLayers(wish, layersOf)
    return layers.length > 0 ? [new Climb(wish, layers)] : []
  })
  if (budgetBps === undefined) for (const climb of climbs) climb.toTop()
  else spend(climbs, budgetBps)
  return climbs.flatMap(({ wish, layer }) => (layer ? [forwardedVideo(wish, layer, layersOf(wish.source))] : []))
}

/** @param layers all that the source has */
export function forwardedVideo<S extends VideoSource>(
  wish: VideoWish<S>,
  layer: Layer,
  layers: readonly Layer[],
): ForwardedVideo<S> {
  return { source: wish.source, layer, limits: limitsFor(wish, layer, layers) }
}

function spend<S extends VideoSource>(climbs: readonly Climb<S>[], budgetBps: number): void {
  let leftBps = budgetBps
  for (let hasClimbed = true; hasClimbed; ) {
    hasClimbed = false
    for (const [index, climb] of climbs.entries()) {
      const mayExceed = index === 0 && climb.wish.isOnStage && climb.wish.source.videoType === 'desktop'
      const spentBps = climb.step(leftBps + (mayExceed ? oversendBps : 0))
      leftBps -= spentBps ?? 0
      if (spentBps !== undefined) hasClimbed = true
      if (index === 0 && climb.wish.isOnStage && !climb.isPreferred) break
    }
  }
}

class Climb<S extends VideoSource> {
  readonly wish: EffectiveHeight<S>
  readonly #layers: readonly Layer[]
  /** Index of the highest layer that a source on stage takes before all others. */
  readonly #preferred: number
  #at = -1

  constructor(wish: EffectiveHeight<S>, layers: readonly Layer[]) {
    this.wish = wish
    this.#layers = layers
    this.#preferred = Math.max(0, layers.filter(({ height }) => height <= preferredHeight).length - 1)
  }

  get layer(): Layer | undefined {
    return this.#layers[this.#at]
  }

  get isPreferred(): boolean {
    return this.#at >= this.#preferred
  }

  toTop(): void {
    this.#at = this.#layers.length - 1
  }

  /** @returns bits per second more than before; `undefined` when no step fits */
  step(leftBps: number): number | undefined {
    const next = this.#at + 1
    for (let to = this.wish.isOnStage ? Math.max(next, this.#preferred) : next; to >= next; to--) {
      const layer = this.#layers[to]
      if (!layer) continue
      const costBps = layer.bitrateBps - (this.layer?.bitrateBps ?? 0)
      if (costBps > leftBps) continue
      this.#at = to
      return costBps
    }
    return undefined
  }
}

/**
 * What a source's owner is told: most that any receiver may have. Unlimited becomes a number above every camera's,
 * because clients differ in how they take negative ones.
 */
export function senderMaxHeight(heights: Iterable<number>): number {
  let most = 0
  for (const height of heights) most = Math.max(most, height)
  return Math.min(most, unlimitedHeight)
}

const preferredHeight = 360
export const oversendBps = 500_000
const unlimitedHeight = 2160
