export * from './outcome.ts'
export * from './events.ts'
export * from './deadline.ts'
