export type { ExternalService, Identity } from './domain-service.ts'
export { RouterError, type RouterErrorReason } from './errors.ts'
export { type Clock, systemClock } from './io/timers.ts'
export type { ConnectionInfo, ConnectionQuery, WebSocketChannel, WebSocketReceiver } from './io/websocket-session.ts'
export { createRouter, type LocalRouter, type LocalRouterOptions, type RouterStatistics } from './local-router.ts'
export type { Log } from './log.ts'
export type { MucLimits, RoomSummary } from './muc/service.ts'
export type { Attachment, Router, UserOptions } from './router.ts'
export {
  createXmppServer,
  type XmppServer,
  type XmppServerLimits,
  type XmppServerOptions,
  type XmppServerStatistics,
} from './server.ts'
export { errorReply, resultReply, type StanzaCondition, type StanzaError } from './stanza-error.ts'
export type { StreamLimits } from './stream.ts'
