/** What one receiver wants of the others' video, as its messages have said so far. Immutable. */
import type { ReceiverVideoConstraints, VideoConstraints } from '@parley/protocol'

export interface ReceiverConstraints {
  /** Most video sources to forward; -1 = unlimited, 0 = none. */
  readonly lastN: number
  readonly selectedSources: readonly string[]
  readonly onStageSources: readonly string[]
  readonly defaultConstraints: VideoConstraints
  readonly constraints: ReadonlyMap<string, VideoConstraints>
  /** -1 = use the bridge's estimate. */
  readonly assumedBandwidthBps: number
  /** Whether the receiver itself has set `lastN`; until then signalling may. */
  readonly hasOwnLastN: boolean
  readonly hasSpoken: boolean
}

/**
 * Nothing is forwarded before the first message: a receiver that has not told what it can show must not be flooded.
 */
export const initialConstraints: ReceiverConstraints = {
  lastN: -1,
  selectedSources: [],
  onStageSources: [],
  defaultConstraints: { maxHeight: 0 },
  constraints: new Map(),
  assumedBandwidthBps: -1,
  hasOwnLastN: false,
  hasSpoken: false,
}

/** Absent fields keep their value, `constraints` replaces the whole map. */
export function applyConstraints(before: ReceiverConstraints, message: ReceiverVideoConstraints): ReceiverConstraints {
  return {
    lastN: message.lastN ?? before.lastN,
    selectedSources: message.selectedSources ?? before.selectedSources,
    onStageSources: message.onStageSources ?? before.onStageSources,
    defaultConstraints: message.defaultConstraints ?? (before.hasSpoken ? before.defaultConstraints : thumbnail),
    constraints: message.constraints ?? before.constraints,
    assumedBandwidthBps: message.assumedBandwidthBps ?? before.assumedBandwidthBps,
    hasOwnLastN: before.hasOwnLastN || message.lastN !== undefined,
    hasSpoken: true,
  }
}

/** The legacy `LastNChangedEvent`: sets the limit, but says nothing about sizes. */
export function applyLastN(before: ReceiverConstraints, lastN: number): ReceiverConstraints {
  return { ...before, lastN, hasOwnLastN: true }
}

/** From signalling: holds until the receiver speaks for itself. */
export function applyInitialLastN(before: ReceiverConstraints, lastN: number): ReceiverConstraints {
  return before.hasOwnLastN ? before : { ...before, lastN }
}

export function constraintsFor(receiver: ReceiverConstraints, sourceName: string): VideoConstraints {
  return receiver.constraints.get(sourceName) ?? receiver.defaultConstraints
}

/** Default of a receiver that has spoken without naming one. */
const thumbnail: VideoConstraints = { maxHeight: 180 }
