/**
 * What the page's address says: which room, and how to enter it. Accepts our own short query parameters and the hash
 * parameters of the stock Jitsi web client, so that links and embedders made for it keep working.
 */

/** Longest room name we make an address for; a JID's local part may have 1023 octets (RFC 7622 §3.3). */
const MAX_ROOM_LENGTH = 120

/** Not allowed in the local part of a JID (RFC 7622 §3.3.1), in a path segment, or invisible. */
const FORBIDDEN = /["&'/:<>@?#%\\\p{C}]/gu

export interface EntryOptions {
  readonly displayName?: string
  /** Enter the call without the pre-join page. */
  readonly skipPrejoin: boolean
  readonly startWithAudioMuted?: boolean
  readonly startWithVideoMuted?: boolean
}

/** Lower case, as rooms are on the wire; white space becomes `-`. Empty when nothing usable is left. */
export function normalizeRoomName(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .trim()
    .replace(/\s+/g, '-')
    .replace(FORBIDDEN, '')
    .slice(0, MAX_ROOM_LENGTH)
}

/** The room of a `/room` path; `undefined` on the welcome page. Only the first path segment counts. */
export function roomOfPath(pathname: string): string | undefined {
  const segment = pathname.split('/').find((part) => part !== '')
  if (segment === undefined || segment === 'index.html') return undefined
  return normalizeRoomName(decode(segment)) || undefined
}

export function pathOfRoom(room: string): string {
  return `/${encodeURIComponent(room)}`
}

/** `?name=Ada&autojoin=1` or `#config.prejoinConfig.enabled=false&userInfo.displayName="Ada"`. The hash wins. */
export function readEntryOptions(url: URL): EntryOptions {
  const hash = readHash(url.hash)
  const name = hash.get('userInfo.displayName') ?? url.searchParams.get('name')
  const audioMuted = hash.get('config.startWithAudioMuted')
  const videoMuted = hash.get('config.startWithVideoMuted')
  return {
    ...(typeof name === 'string' && name.trim() !== '' && { displayName: name.trim() }),
    skipPrejoin:
      hash.get('config.prejoinConfig.enabled') === false ||
      ['1', 'true', ''].includes(url.searchParams.get('autojoin') ?? 'no'),
    ...(typeof audioMuted === 'boolean' && { startWithAudioMuted: audioMuted }),
    ...(typeof videoMuted === 'boolean' && { startWithVideoMuted: videoMuted }),
  }
}

/** Values are JSON, percent-encoded; a value that is not JSON is taken as text, as people write it by hand. */
function readHash(hash: string): ReadonlyMap<string, unknown> {
  const pairs = new Map<string, unknown>()
  for (const part of hash.replace(/^#/, '').split('&')) {
    const separator = part.indexOf('=')
    if (separator > 0) pairs.set(decode(part.slice(0, separator)), parseValue(decode(part.slice(separator + 1))))
  }
  return pairs
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A malformed escape in an address is no reason to fail: it is taken literally. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
