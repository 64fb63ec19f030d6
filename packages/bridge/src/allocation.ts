/**
 * Which video sources a receiver gets, and up to which encoding. Three pure steps: order the sources by what matters to
 * the receiver, find the height it may have of each, choose encodings that fit. The third step is where a bit-rate budget
 * will bind once bandwidth is estimated: it walks the sources in order of priority and may then stop climbing.
 */
import type { SentVideoType } from '@parley/protocol'
import { constraintsFor } from './receiver-constraints.ts'
import type { ReceiverConstraints } from './receiver-constraints.ts'

/** A source of somebody else, as the receiver's candidates. */
export interface VideoSource {
  readonly name: string
  /** `none`: announced but not sending. */
  readonly videoType: SentVideoType
  readonly encodingCount: number
}

/** How much of a source a receiver may have. */
export interface EffectiveHeight<S extends VideoSource = VideoSource> {
  readonly source: S
  /** 0 = nothing, `Infinity` = unlimited. */
  readonly maxHeight: number
}

export interface ForwardedVideo<S extends VideoSource = VideoSource> {
  readonly source: S
  /** Index of the highest encoding that may be forwarded. */
  readonly maxEncoding: number
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
    if (index >= lastN) return { source, maxHeight: 0 }
    const { maxHeight } = constraintsFor(receiver, source.name)
    return { source, maxHeight: maxHeight < 0 ? Infinity : maxHeight }
  })
}

/** Sources to forward, in order of priority, with the best encoding within each one's height. */
export function allocate<S extends VideoSource>(wanted: readonly EffectiveHeight<S>[]): readonly ForwardedVideo<S>[] {
  return wanted
    .filter(({ source, maxHeight }) => maxHeight > 0 && source.videoType !== 'none')
    .map(({ source, maxHeight }) => ({ source, maxEncoding: maxEncodingFor(source, maxHeight) }))
}

/**
 * The highest encoding within `maxHeight`, at least the lowest one: small is better than nothing. A screen at few frames a
 * second has all its detail in the top encoding and nothing in the others, so that any wish for it means that one.
 */
export function maxEncodingFor(source: VideoSource, maxHeight: number): number {
  const top = source.encodingCount - 1
  if (source.videoType === 'desktop') return top
  for (let index = top; index > 0; index--) if (nominalHeight(index, source.encodingCount) <= maxHeight) return index
  return 0
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

/** Clients capture 720 lines by default and halve them for each lower encoding. */
function nominalHeight(encoding: number, encodingCount: number): number {
  return topHeight / 2 ** (encodingCount - 1 - encoding)
}

const topHeight = 720
const unlimitedHeight = 2160
