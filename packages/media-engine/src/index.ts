export { createEngine } from './engine.ts'
export * from './load.ts'
export * from './types.ts'
