/** Addresses of XMPP entities (RFC 7622): `node@domain/resource`. */

/** A parsed address. Domain and node are lower-case; an absent part is `''`. */
export interface Jid {
  readonly node: string
  readonly domain: string
  readonly resource: string
}

/** Parse an address; `undefined` when it is not one. Each part is at most 1023 bytes (RFC 7622 §3). */
export function parseJid(text: string): Jid | undefined {
  const slash = text.indexOf('/')
  const bare = slash < 0 ? text : text.slice(0, slash)
  const resource = slash < 0 ? '' : text.slice(slash + 1)
  const at = bare.indexOf('@')
  const node = at < 0 ? '' : fold(bare.slice(0, at))
  const domain = fold(bare.slice(at + 1))
  if (slash >= 0 && resource === '') return undefined
  if (at === 0 || !domainPattern.test(domain)) return undefined
  if (forbiddenInNode.test(node) || forbiddenInResource.test(resource)) return undefined
  if (isTooLong(node) || isTooLong(domain) || isTooLong(resource)) return undefined
  return { node, domain, resource }
}

export function formatJid(jid: Jid): string {
  return `${bareJid(jid)}${jid.resource ? `/${jid.resource}` : ''}`
}

/** The address without its resource. */
export function bareJid(jid: Jid): string {
  return jid.node ? `${jid.node}@${jid.domain}` : jid.domain
}

function fold(text: string): string {
  if (isFolded.test(text)) return text
  // lower-casing can leave text that is no longer composed
  return text.toLowerCase().normalize('NFC')
}

function isTooLong(part: string): boolean {
  // a UTF-16 code unit is at most three bytes of UTF-8
  return part.length * 3 > maxPartBytes && encoder.encode(part).length > maxPartBytes
}

const maxPartBytes = 1023
/** Most addresses that are seen are in normal form already. */
const isFolded = /^[a-z0-9@._-]*$/

const encoder = new TextEncoder()
const domainPattern =
  /^(?:[a-z0-9\u0080-\uffff](?:[a-z0-9_\u0080-\uffff-]*[a-z0-9\u0080-\uffff])?)(?:\.[a-z0-9\u0080-\uffff_-]+)*$|^\[[0-9a-f:.]+\]$/
// RFC 7622 §3.3.1, control characters and halves of surrogate pairs; white space is never part of a node
const forbiddenInNode = /["&'/:<>@\s\u0000-\u001f\u007f]|\p{Surrogate}/u
const forbiddenInResource = /[\u0000-\u001f\u007f]|\p{Surrogate}/u
