/** Which video we want to receive: COLIBRI's `ReceiverVideoConstraints`. */

export interface ReceiverConstraints {
  /** Most video sources to receive; -1 = all, 0 = none. Default -1. */
  readonly lastN?: number
  /** Source ids to serve first, before all others, as well as bandwidth permits. */
  readonly onStageSources?: readonly string[]
  /** Source ids to serve next. */
  readonly selectedSources?: readonly string[]
  /** For every source without an entry in `constraints`. Default 720. */
  readonly defaultMaxHeight?: number
  /** By source id: most pixels of the smaller side wanted; 0 = do not send, -1 = unlimited. */
  readonly maxHeights?: Readonly<Record<string, number>>
}
