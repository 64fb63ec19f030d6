export { createFocus, type Focus, type FocusOptions } from './io/focus.ts'
export type { FocusClock } from './io/system.ts'
export type { ConferenceSummary } from './conference.ts'
export type { Log, LogFields, LogLevel } from './log.ts'
