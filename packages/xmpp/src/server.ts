/**
 * The XMPP server of one process: router, domain service, chat service and client sessions, built in this order because
 * each needs the one before; closed in reverse.
 */
import { bareJid, formatJid, parseJid } from '@parley/protocol'
import { attachDomainService, type ExternalService, type Identity } from './domain-service.ts'
import { RouterError } from './errors.ts'
import { type Clock, systemClock } from './io/timers.ts'
import {
  type ConnectionInfo,
  type WebSocketChannel,
  type WebSocketReceiver,
  WebSocketSession,
} from './io/websocket-session.ts'
import { createRouter, type RouterStatistics } from './local-router.ts'
import { type Log, silentLog } from './log.ts'
import { focusFirst } from './muc/features/focus-first.ts'
import { meetingInfo } from './muc/features/meeting-info.ts'
import { membersOnly } from './muc/features/members-only.ts'
import { nickRules } from './muc/features/nick-rules.ts'
import { openAddresses } from './muc/features/open-addresses.ts'
import { passwordLock } from './muc/features/password-lock.ts'
import { type MucLimits, MucService, type RoomSummary } from './muc/service.ts'
import type { Router } from './router.ts'
import type { StreamLimits } from './stream.ts'

export interface XmppServerOptions {
  /** Main domain: authentication, discovery, ping. */
  readonly domain: string
  /** Domain of the chat rooms. */
  readonly mucDomain: string
  /** Full address of the focus, which attaches to the router itself. */
  readonly focusJid: string
  /** Bare or full addresses of whoever may create rooms, besides the focus. */
  readonly roomCreators?: readonly string[]
  /** Services that clients find in the disco#info of the main domain. */
  readonly identities?: readonly Identity[]
  /** STUN and TURN servers, or a function asked per request. Default none. */
  readonly externalServices?: readonly ExternalService[] | (() => readonly ExternalService[])
  readonly clock?: Clock
  readonly randomUuid?: () => string
  /** Runs a task after the current turn. Default `queueMicrotask`. */
  readonly defer?: (task: () => void) => void
  readonly log?: Log
  readonly limits?: Partial<XmppServerLimits>
}

export interface XmppServerLimits {
  readonly maxConnections: number
  /** Bytes that may wait for one client. */
  readonly maxBufferedBytes: number
  /** Rooms that one client may be in. */
  readonly maxRoomsPerClient: number
  readonly stream: Partial<StreamLimits>
  readonly muc: Partial<MucLimits>
}

export interface XmppServer {
  readonly router: Router
  /**
   * Serve a client whose WebSocket with sub-protocol `xmpp` is open. The receiver never throws. At capacity the channel is
   * closed with 1013 at once.
   */
  acceptWebSocket(channel: WebSocketChannel, info: ConnectionInfo): WebSocketReceiver
  rooms(): RoomSummary[]
  statistics(): XmppServerStatistics
  /** End every session with `system-shutdown` and every room, detach. Idempotent. */
  close(): void
}

export interface XmppServerStatistics extends RouterStatistics {
  readonly connections: number
  readonly rooms: number
}

/** @throws RouterError `jid-malformed` for an option that is no address of its kind, `conflict` for equal domains */
export function createXmppServer(options: XmppServerOptions): XmppServer {
  const { clock = systemClock, log = silentLog, randomUuid = () => crypto.randomUUID(), defer } = options
  const limits = { ...defaultXmppServerLimits, ...options.limits }
  const domain = domainOption(options.domain)
  const mucDomain = domainOption(options.mucDomain)
  const creators = new Set([options.focusJid, ...(options.roomCreators ?? [])].map(userOption))

  const router = createRouter({ log, ...(defer && { defer }) })
  const { externalServices = [], identities = [] } = options
  const listServices = typeof externalServices === 'function' ? externalServices : () => externalServices
  const domainAttachment = attachDomainService(router, {
    ...{ domain, identities, items: [mucDomain], externalServices: listServices },
  })

  const muc = new MucService({
    domain: mucDomain,
    creators,
    focusNick,
    // the cheapest and most final refusals first
    features: [
      nickRules({ reserved: [focusNick, 'jvb'] }),
      focusFirst(focusNick),
      membersOnly,
      passwordLock,
      openAddresses,
      meetingInfo,
    ],
    limits: limits.muc,
    randomUuid,
    wallTime: () => clock.wallTime(),
    now: () => clock.now(),
    send: (stanza) => mucAttachment.send(stanza),
    log,
  })
  const mucAttachment = router.attachDomain(mucDomain, (stanza) => muc.handle(stanza))

  const sessions = new Set<WebSocketSession>()
  let isClosed = false

  return {
    router,
    acceptWebSocket(channel, { remoteAddress }) {
      if (isClosed || sessions.size >= limits.maxConnections) {
        log.warn({ remoteAddress, connections: sessions.size }, 'connection refused')
        channel.close(1013, isClosed ? 'the server stops' : 'too many connections')
        return closedReceiver
      }
      const session: WebSocketSession = new WebSocketSession({
        ...{ channel, router, domain, randomUuid, clock, log },
        streamLimits: limits.stream,
        maxBufferedBytes: limits.maxBufferedBytes,
        maxDirectedPresences: limits.maxRoomsPerClient,
        onEnded: () => sessions.delete(session),
      })
      sessions.add(session)
      return session
    },
    rooms: () => muc.rooms(),
    statistics: () => ({ ...router.statistics(), connections: sessions.size, rooms: muc.roomCount }),
    close() {
      if (isClosed) return
      isClosed = true
      for (const session of [...sessions]) session.destroy('system-shutdown', 'the server stops', 1001)
      muc.close()
      mucAttachment.close()
      domainAttachment.close()
    },
  }
}

function domainOption(text: string): string {
  const jid = parseJid(text)
  if (!jid || jid.node || jid.resource) throw new RouterError('jid-malformed', `"${text}" is no domain`)
  return formatJid(jid)
}

function userOption(text: string): string {
  const jid = parseJid(text)
  if (!jid?.node) throw new RouterError('jid-malformed', `"${text}" is no address of a user`)
  return bareJid(jid)
}

/** The stock client knows the focus by this nick. */
const focusNick = 'focus'

const closedReceiver: WebSocketReceiver = { onText: () => {}, onBinary: () => {}, onClose: () => {} }

export const defaultXmppServerLimits: XmppServerLimits = {
  maxConnections: 20_000,
  maxBufferedBytes: 8_388_608,
  maxRoomsPerClient: 32,
  stream: {},
  muc: {},
}
