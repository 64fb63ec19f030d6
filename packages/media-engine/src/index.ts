export { createEngine } from './engine.ts'
export * from './load.ts'
export { generateSrtpKey } from './srtp-keys.ts'
export * from './types.ts'
