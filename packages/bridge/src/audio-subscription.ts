/** Which of the others' audio sources a receiver gets. Everybody's, unless it has asked otherwise. */
import type { ReceiverAudioSubscription } from '@parley/protocol'

export interface AudioSubscription {
  wants(sourceName: string): boolean
  /** Wanted by name, not as one of all. */
  insistsOn(sourceName: string): boolean
}

export const everyAudioSource: AudioSubscription = { wants: () => true, insistsOn: () => false }

/** `exclude` wins over `include` and `all`. */
export function audioSubscription(message: ReceiverAudioSubscription): AudioSubscription {
  const include = new Set(message.include)
  const exclude = new Set(message.exclude)
  return {
    wants: (name) => !exclude.has(name) && (message.all || include.has(name)),
    insistsOn: (name) => !exclude.has(name) && include.has(name),
  }
}
