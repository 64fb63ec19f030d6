/**
 * One receiver's allocation over time. Estimates and bit rates waver; a picture that changes its size each time is worse than
 * one that is a little too small. What people ask for takes effect at once; what the network does, so:
 *
 *   down   when what is forwarded costs more than there is, and the last step up is 3 s ago or the budget has fallen by a fifth
 *   up     when more fits with room to spare, and the last step up is 10 s ago or the budget has grown by half since
 *
 * so that on a steady link there is at most one step up in 10 s and none down within 3 s of it.
 */
import { allocate, forwardedVideo, oversendBps } from './allocation.ts'
import type { AllocationOptions, EffectiveHeight, ForwardedVideo } from './allocation.ts'
import { isSameLayer, sourceLayers } from './layers.ts'
import type { Layer, LayersOf, VideoSource } from './layers.ts'
import type { Millis } from './timers.ts'

export class SteadyAllocation<S extends VideoSource> {
  #current: readonly ForwardedVideo<S>[] = []
  #wishes: string | undefined
  #raisedAt: Millis = -Infinity
  /** Budget at the last step up. */
  #raisedWithBps = 0

  /** What to forward at `now`; the options as of {@link allocate}. */
  settle(
    now: Millis,
    wanted: readonly EffectiveHeight<S>[],
    { budgetBps, layersOf = sourceLayers }: AllocationOptions<S>,
  ): readonly ForwardedVideo<S>[] {
    const wishes = wishesOf(wanted, budgetBps === undefined)
    if (wishes !== this.#wishes || budgetBps === undefined) {
      this.#wishes = wishes
      this.#current = allocate(wanted, { budgetBps, layersOf })
      this.#raised(now, budgetBps)
      return this.#current
    }
    const current = this.#refreshed(wanted, layersOf)
    const lowered = this.#lowered(now, current, wanted, { budgetBps, layersOf })
    this.#current = lowered ?? this.#raisedOr(now, current, wanted, { budgetBps, layersOf })
    return this.#current
  }

  #lowered(
    now: Millis,
    current: readonly ForwardedVideo<S>[],
    wanted: readonly EffectiveHeight<S>[],
    { budgetBps = Infinity, layersOf = sourceLayers }: AllocationOptions<S>,
  ): readonly ForwardedVideo<S>[] | undefined {
    const spentBps = current.reduce((sum, { layer }) => sum + layer.bitrateBps, 0)
    const [first] = wanted
    const extraBps = first?.isOnStage && first.source.videoType === 'desktop' ? oversendBps : 0
    if (spentBps <= budgetBps * tolerance + extraBps) return undefined
    const isSettled = now - this.#raisedAt >= settleMs || budgetBps < this.#raisedWithBps * fallen
    if (!isSettled) return current
    // only down: whoever could have more waits like everybody
    const ceilings = new Map<VideoSource, Layer>(current.map(({ source, layer }) => [source, layer]))
    return allocate(wanted, {
      budgetBps,
      layersOf: (source) => {
        const ceiling = ceilings.get(source)
        return ceiling ? layersOf(source).filter((layer) => isAtMost(layer, ceiling)) : []
      },
    })
  }

  #raisedOr(
    now: Millis,
    current: readonly ForwardedVideo<S>[],
    wanted: readonly EffectiveHeight<S>[],
    { budgetBps = Infinity, layersOf = sourceLayers }: AllocationOptions<S>,
  ): readonly ForwardedVideo<S>[] {
    const mayRaise = now - this.#raisedAt >= raiseIntervalMs || budgetBps >= this.#raisedWithBps * grown
    if (!mayRaise) return current
    const better = allocate(wanted, { budgetBps: budgetBps / headroom, layersOf })
    const next = new Map<VideoSource, Layer>(better.map(({ source, layer }) => [source, layer]))
    const isLess = current.some(({ source, layer }) => {
      const after = next.get(source)
      return !after || !isAtMost(layer, after)
    })
    const isSame =
      better.length === current.length &&
      current.every(({ source, layer }) => {
        const after = next.get(source)
        return after !== undefined && isAtMost(after, layer)
      })
    if (isLess || isSame) return current
    this.#raised(now, budgetBps)
    return better
  }

  /**
   * The same layers of the same sources, at what they cost now; for one that is not sent any more the next lower one.
   * Sources are made anew when they change.
   */
  #refreshed(wanted: readonly EffectiveHeight<S>[], layersOf: LayersOf<S>): readonly ForwardedVideo<S>[] {
    const before = new Map(this.#current.map((forwarded) => [forwarded.source.name, forwarded]))
    return wanted.flatMap((wish) => {
      const old = before.get(wish.source.name)
      if (!old) return []
      const layers = layersOf(wish.source)
      const same = layers.find((candidate) => isSameLayer(candidate, old.layer))
      const lower = layers.filter((candidate) => isAtMost(candidate, old.layer))
      const layer = same ?? lower.at(-1) ?? layers[0]
      return layer ? [forwardedVideo(wish, layer, layers)] : []
    })
  }

  #raised(now: Millis, budgetBps = 0): void {
    this.#raisedAt = now
    this.#raisedWithBps = budgetBps
  }
}

function isAtMost(layer: Layer, other: Layer): boolean {
  return (
    layer.height < other.height || (layer.height === other.height && layer.framesPerSecond <= other.framesPerSecond)
  )
}

/** Equal for the same people asking for the same, in the same order. */
function wishesOf(wanted: readonly EffectiveHeight[], isUnlimited: boolean): string {
  const each = wanted.map(({ source, maxHeight, maxFrameRate, isOnStage }) => {
    return `${source.name} ${source.videoType} ${source.encodingCount} ${maxHeight} ${maxFrameRate} ${isOnStage}`
  })
  return [isUnlimited, ...each].join('\n')
}

/** Wavering of bit rates that is not worth a switch. */
const tolerance = 1.05
/** A step up needs this much more than it costs. */
const headroom = 1.15
const settleMs = 3000
const raiseIntervalMs = 10_000
const fallen = 0.8
const grown = 1.5
