/**
 * Every setting, once. The reference page, `parley config`, the parser and the typed slices all come from this table. A
 * setting appears here with the first code that reads it.
 */
import {
  addressList,
  domainName,
  duration,
  hostList,
  integer,
  ipAddress,
  oneOf,
  origin,
  path,
  port,
  yesNo,
} from './kinds.ts'
import type { Kind } from './kinds.ts'

/** The part of the program that reads a setting. */
export type Reader = 'edge' | 'bridge' | 'xmpp' | 'log' | 'server'

export interface Setting<T = unknown> {
  readonly kind: Kind<T>
  /**
   * Text of the default, read like a given value; `${KEY}` stands for another setting's value in effect. Absent = the
   * setting has no value unless it is given.
   */
  readonly default?: string
  /** What happens when there is no value, for people. */
  readonly unset?: string
  /** One sentence or two. */
  readonly meaning: string
  readonly readBy: readonly Reader[]
  /** A secret is never printed. */
  readonly secret?: true
  /** What to use instead. */
  readonly deprecated?: string
}

export type SettingTable = Readonly<Record<string, Setting>>

/** The values of a table: those without a default may be missing. */
export type ValuesOf<T extends SettingTable> = {
  readonly [K in keyof T]: T[K] extends { readonly kind: Kind<infer V>; readonly default: string }
    ? V
    : T[K] extends { readonly kind: Kind<infer V> }
      ? V | undefined
      : never
}

export const SETTINGS = {
  PUBLIC_URL: {
    kind: origin(),
    unset: 'each visitor is answered with the address that he used',
    meaning: 'The address that people type. A port other than the standard one is part of it.',
    readBy: ['edge', 'bridge'],
  },
  HTTP_PORT: {
    kind: port(),
    default: '8000',
    meaning: 'TCP port for plain HTTP: the web client, or a redirect to HTTPS.',
    readBy: ['edge'],
  },
  HTTPS_PORT: {
    kind: port(),
    default: '8443',
    meaning: 'TCP port for HTTPS and secure WebSockets.',
    readBy: ['edge'],
  },
  DISABLE_HTTPS: {
    kind: yesNo(),
    default: '0',
    meaning: 'Open no HTTPS port: a proxy in front ends TLS. Browsers give cameras to plain HTTP only on localhost.',
    readBy: ['edge'],
  },
  ENABLE_HTTP_REDIRECT: {
    kind: yesNo(),
    default: '0',
    meaning: 'Send visitors of the HTTP port to HTTPS instead of serving the web client in clear.',
    readBy: ['edge'],
  },
  PARLEY_BIND_ADDRESS: {
    kind: ipAddress(),
    unset: 'all addresses of the machine, IPv6 and IPv4',
    meaning: 'The one address on which HTTP and HTTPS listen.',
    readBy: ['edge'],
  },
  JVB_PORT: {
    kind: port(),
    default: '10000',
    meaning: 'UDP port for all media.',
    readBy: ['bridge'],
  },
  JVB_TCP_HARVESTER_DISABLED: {
    kind: yesNo(),
    default: '1',
    meaning: 'Take media over UDP only. `0` opens `JVB_TCP_PORT` too, for people whose network lets no UDP through.',
    readBy: ['bridge'],
  },
  JVB_TCP_PORT: {
    kind: port(),
    default: '4443',
    meaning: 'TCP port for media (ICE-TCP), when `JVB_TCP_HARVESTER_DISABLED` is `0`.',
    readBy: ['bridge'],
  },
  JVB_TCP_MAPPED_PORT: {
    kind: integer({ min: 1, max: 65535 }),
    unset: 'the same as `JVB_TCP_PORT`',
    meaning: 'The port at which people reach `JVB_TCP_PORT`, when a router maps it to another one.',
    readBy: ['bridge'],
  },
  PARLEY_MEDIA_THREADS: {
    kind: integer({ min: 1, max: 64 }),
    unset: 'one per processor core, less one for everything else, at least one',
    meaning: 'Threads that move media. A room lives on one of them.',
    readBy: ['bridge'],
  },
  JVB_ADVERTISE_IPS: {
    kind: addressList(),
    unset: 'the addresses of the machine',
    meaning:
      'Addresses at which people reach the media port, one for each network that they come from; `#port` when a router ' +
      'maps it to another port.',
    readBy: ['bridge'],
  },
  DOCKER_HOST_ADDRESS: {
    kind: ipAddress(),
    meaning: 'Older form of `JVB_ADVERTISE_IPS` with one address; ignored when both are set.',
    readBy: ['bridge'],
    deprecated: 'JVB_ADVERTISE_IPS',
  },
  JVB_ADVERTISE_PRIVATE_CANDIDATES: {
    kind: yesNo(),
    default: '1',
    meaning: 'Offer the private addresses of the machine (RFC 1918, RFC 4193) besides those of `JVB_ADVERTISE_IPS`.',
    readBy: ['bridge'],
  },
  JVB_STUN_SERVERS: {
    kind: hostList(3478),
    unset: 'nobody is asked',
    meaning:
      'STUN servers that are asked every two minutes how the media port looks from outside; the answer is offered beside ' +
      'the other addresses. For servers behind a NAT whose public address is not known or changes.',
    readBy: ['bridge'],
  },
  JVB_DISABLE_STUN: {
    kind: yesNo(),
    default: '0',
    meaning: 'Ask no STUN server, whatever `JVB_STUN_SERVERS` says.',
    readBy: ['bridge'],
  },
  XMPP_DOMAIN: {
    kind: domainName(),
    default: 'meet.jitsi',
    meaning: 'Domain of the people. A name inside the protocol, not in DNS.',
    readBy: ['xmpp'],
  },
  XMPP_MUC_DOMAIN: {
    kind: domainName(),
    default: 'muc.${XMPP_DOMAIN}',
    meaning: 'Domain of the rooms.',
    readBy: ['xmpp'],
  },
  XMPP_AUTH_DOMAIN: {
    kind: domainName(),
    default: 'auth.${XMPP_DOMAIN}',
    meaning: 'Domain of the conference focus.',
    readBy: ['xmpp'],
  },
  LOG_LEVEL: {
    kind: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
    default: 'info',
    meaning: 'The least important kind of log line that is written.',
    readBy: ['log'],
  },
  PARLEY_LOG_FORMAT: {
    kind: oneOf(['auto', 'text', 'json']),
    default: 'auto',
    meaning: 'How log lines look; `auto` is text on a terminal and JSON elsewhere.',
    readBy: ['log'],
  },
  PARLEY_DATA_DIR: {
    kind: path(),
    default: './data',
    meaning: 'Directory of everything that outlives a restart: certificates and keys so far.',
    readBy: ['server'],
  },
  PARLEY_STOP_TIMEOUT: {
    kind: duration({ minMs: 0, maxMs: 600_000 }),
    default: '5s',
    meaning: 'How long a stop waits for connections to end by themselves before it cuts them.',
    readBy: ['server'],
  },
} as const satisfies SettingTable

export type Values = ValuesOf<typeof SETTINGS>
