export * from './outcome.ts'
export * from './events.ts'
