export { startServer } from './server.ts'
export type { RunningServer, ServerOptions } from './server.ts'
export type { Addresses } from './announcement.ts'
