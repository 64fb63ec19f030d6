/**
 * The kinds of value that a setting can have: how its text is read, what bounds it has, how it is printed. Spellings follow
 * the deployments people come from: booleans as 1/true/yes/on, lists by comma, quotes around a value ignored.
 */

export interface Kind<T> {
  /** For people, in the reference: `port`, `yes/no`, `list of addresses`. */
  readonly name: string
  /** For people: unit or bounds, when there are any. */
  readonly bounds?: string
  /** @throws ValueError */
  parse(text: string): T
  format(value: T): string
}

/** A text that is no value of its kind. The message completes the sentence `KEY …`. */
export class ValueError extends Error {
  readonly code = 'PARLEY_CONFIG_VALUE'
}

export interface ListenAddress {
  readonly ip: string
  /** Absent = the port of the listener itself. */
  readonly port?: number
}

export function yesNo(): Kind<boolean> {
  return {
    name: 'yes/no',
    parse(text) {
      const word = text.toLowerCase()
      if (TRUE_WORDS.has(word)) return true
      if (FALSE_WORDS.has(word)) return false
      throw new ValueError(`must be yes or no (1, true, yes, on or 0, false, no, off), not ${quote(text)}`)
    },
    format: (value) => (value ? '1' : '0'),
  }
}

/** A TCP or UDP port. 0 asks the system for a free one. */
export function port(): Kind<number> {
  return { ...integer({ min: 0, max: 65535 }), name: 'port', bounds: '0–65535, 0 = any free one' }
}

export function integer(range: { readonly min: number; readonly max: number }): Kind<number> {
  return {
    name: 'whole number',
    bounds: `${range.min}–${range.max}`,
    parse(text) {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
      if (value >= range.min && value <= range.max) return value
      throw new ValueError(`must be a whole number from ${range.min} to ${range.max}, not ${quote(text)}`)
    },
    format: String,
  }
}

/** Milliseconds, written as a number of seconds or with a unit: `500ms`, `5s`, `2 minutes`, `24 hours`. */
export function duration(range: { readonly minMs: number; readonly maxMs: number }): Kind<number> {
  const bounds = `${formatDuration(range.minMs)}–${formatDuration(range.maxMs)}`
  return {
    name: 'duration',
    bounds,
    parse(text) {
      const match = /^(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]*)$/i.exec(text)
      const unitMs = match && UNIT_MS[(match[2] ?? '').toLowerCase()]
      if (!match || !unitMs) throw new ValueError(`must be a duration such as 500ms, 5s or 2m, not ${quote(text)}`)
      const valueMs = Number(match[1]) * unitMs
      if (valueMs < range.minMs || valueMs > range.maxMs) {
        throw new ValueError(`must be within ${bounds}, not ${quote(text)}`)
      }
      return valueMs
    },
    format: formatDuration,
  }
}

export function oneOf<const T extends string>(words: readonly T[]): Kind<T> {
  return {
    name: 'one of',
    bounds: words.join(', '),
    parse(text) {
      const word = words.find((candidate) => candidate === text.toLowerCase())
      if (word !== undefined) return word
      throw new ValueError(`must be one of ${words.join(', ')}, not ${quote(text)}`)
    },
    format: (value) => value,
  }
}

export function path(): Kind<string> {
  return {
    name: 'path',
    parse(text) {
      if (text.includes('\0')) throw new ValueError('must not contain a zero byte')
      return text
    },
    format: (value) => value,
  }
}

/** A DNS name, lower-cased (RFC 1123 §2.1): the form in which XMPP addresses compare. */
export function domainName(): Kind<string> {
  return {
    name: 'domain name',
    bounds: 'at most 253 characters',
    parse(text) {
      const name = text.toLowerCase()
      const isValid = name.length <= 253 && name.split('.').every((label) => DNS_LABEL.test(label))
      if (!isValid) throw new ValueError(`must be a domain name such as meet.example.org, not ${quote(text)}`)
      return name
    },
    format: (value) => value,
  }
}

/**
 * The origin that people type, without a trailing slash: `https://meet.example.org:8443`. A bare host name means HTTPS. A
 * path is refused: rooms hang directly under the origin.
 */
export function origin(): Kind<string> {
  return {
    name: 'address',
    bounds: 'http(s)://host[:port]',
    parse(text) {
      const url = parseUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`)
      const isOrigin =
        url !== undefined &&
        (url.protocol === 'https:' || url.protocol === 'http:') &&
        url.pathname === '/' &&
        url.search === '' &&
        url.hash === '' &&
        url.username === '' &&
        url.password === ''
      if (!isOrigin) {
        throw new ValueError(`must be an address such as https://meet.example.org, without a path, not ${quote(text)}`)
      }
      return url.origin
    },
    format: (value) => value,
  }
}

export function ipAddress(): Kind<string> {
  return {
    name: 'IP address',
    parse(text) {
      const [address, ...rest] = parseAddresses(text)
      if (!address || rest.length > 0 || address.port !== undefined) {
        throw new ValueError(`must be one IP address, not ${quote(text)}`)
      }
      return address.ip
    },
    format: (value) => value,
  }
}

/** Comma list of IP addresses, each with an optional `#port` (`#` and not `:`, so that IPv6 needs no brackets). */
export function addressList(): Kind<readonly ListenAddress[]> {
  return {
    name: 'list of IP addresses',
    bounds: `ip[#port], at most ${MAX_ADDRESSES}`,
    parse: parseAddresses,
    format: (value) => value.map(({ ip, port }) => (port === undefined ? ip : `${ip}#${port}`)).join(','),
  }
}

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Comma list of host names or IP addresses, each with an optional `:port`; IPv6 addresses in brackets. */
export function hostList(defaultPort: number): Kind<readonly HostPort[]> {
  return {
    name: 'list of hosts',
    bounds: `host[:port], at most ${MAX_HOSTS}; port ${defaultPort} when absent`,
    parse(text) {
      const items = text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '')
      if (items.length > MAX_HOSTS) throw new ValueError(`must not name more than ${MAX_HOSTS} hosts`)
      return items.map((item) => {
        const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(item)
        const host = (match?.[1] ?? match?.[2] ?? '').toLowerCase()
        const isHost = match?.[1] === undefined ? isHostName(host) : isIp(host) && host.includes(':')
        if (!isHost) throw new ValueError(`must list hosts, each with an optional :port; ${quote(item)} is none`)
        const value = match?.[3] === undefined ? defaultPort : Number(match[3])
        if (value < 1 || value > 65535) throw new ValueError(`has no valid port (1–65535) in ${quote(item)}`)
        return { host, port: value }
      })
    },
    format: (value) =>
      value.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)).join(','),
  }
}

/** A DNS name or an IPv4 address. */
function isHostName(text: string): boolean {
  if (/^[\d.]+$/.test(text)) return isIp(text)
  return text.length <= 253 && text.split('.').every((label) => DNS_LABEL.test(label))
}

function parseAddresses(text: string): readonly ListenAddress[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
  if (items.length > MAX_ADDRESSES) throw new ValueError(`must not name more than ${MAX_ADDRESSES} addresses`)
  return items.map((item) => {
    const [ip = '', portText, ...rest] = item.split('#')
    if (!isIp(ip) || rest.length > 0) {
      throw new ValueError(`must list IP addresses, each with an optional #port; ${quote(item)} is none`)
    }
    if (portText === undefined) return { ip }
    const value = /^\d{1,5}$/.test(portText) ? Number(portText) : 0
    if (value < 1 || value > 65535) throw new ValueError(`has no valid port (1–65535) in ${quote(item)}`)
    return { ip, port: value }
  })
}

function isIp(text: string): boolean {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return text.split('.').every((part) => part.length <= 3 && Number(part) <= 255)
  // The URL parser is the IPv6 parser of the platform; it needs no node: import here.
  return text.includes(':') && /^[0-9a-f:.]+$/i.test(text) && parseUrl(`http://[${text}]/`) !== undefined
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

function formatDuration(valueMs: number): string {
  if (valueMs === 0 || valueMs % 1000 !== 0) return `${valueMs}ms`
  if (valueMs % 3_600_000 === 0) return `${valueMs / 3_600_000}h`
  if (valueMs % 60_000 === 0) return `${valueMs / 60_000}m`
  return `${valueMs / 1000}s`
}

/** Values end up in one line of an error message: no line breaks, no endless text. */
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}

const TRUE_WORDS = new Set(['1', 't', 'true', 'y', 'yes', 'on', 'enabled'])
const FALSE_WORDS = new Set(['0', 'f', 'false', 'n', 'no', 'off', 'disabled'])
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const MAX_ADDRESSES = 32
const MAX_HOSTS = 8
const UNIT_MS: Readonly<Record<string, number>> = {
  '': 1000,
  ms: 1,
  s: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
}
