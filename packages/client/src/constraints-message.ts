/** {@link ReceiverConstraints} as the bridge channel's message (`ReceiverVideoConstraints`). */
import type { ReceiverVideoConstraints } from '@parley/protocol'
import type { ReceiverConstraints } from './receiver-constraints.ts'

/** Every field is present, because the bridge keeps what a message leaves out and we mean to replace all of it. */
export function constraintsMessage(constraints: ReceiverConstraints): ReceiverVideoConstraints {
  const { lastN = -1, onStageSources = [], selectedSources = [], defaultMaxHeight = 720, maxHeights = {} } = constraints
  return {
    colibriClass: 'ReceiverVideoConstraints',
    lastN,
    onStageSources,
    selectedSources,
    defaultConstraints: { maxHeight: defaultMaxHeight },
    constraints: new Map(Object.entries(maxHeights).map(([name, maxHeight]) => [name, { maxHeight }])),
    assumedBandwidthBps: -1,
  }
}
