/**
 * Character data as it stands in a document, read and written (XML 1.0 §2.2, §2.4, §2.11, §3.3.3, §4.1). Most of it says what
 * it means; one search finds out.
 */
import { notWellFormed } from './xml-error.ts'

/** Text between tags. @throws XmlError */
export function decodeText(raw: string): string {
  if (!rareInText.test(raw)) return raw
  if (raw.includes(']]>')) throw notWellFormed('"]]>" is not allowed in text')
  return resolveReferences(decodeCdata(raw))
}

/** What stands in a CDATA section. @throws XmlError */
export function decodeCdata(raw: string): string {
  requireAllowed(raw)
  return raw.replace(/\r\n?/g, '\n')
}

/** What stands between the quotes of an attribute. @throws XmlError */
export function decodeAttribute(raw: string): string {
  if (!rareInAttribute.test(raw)) return raw
  if (raw.includes('<')) throw notWellFormed('"<" is not allowed in an attribute')
  requireAllowed(raw)
  return resolveReferences(raw.replace(/\r\n|[\r\n\t]/g, ' '))
}

/** Text that is read back the same, but for characters that XML cannot carry: they become U+FFFD. */
export function encodeText(text: string): string {
  if (!specialInText.test(text)) return text
  return text.replace(/[&<>\r]/g, (c) => textEscapes[c] ?? c).replace(forbidden, '\uFFFD')
}

/** The same for an attribute in either kind of quotes. */
export function encodeAttribute(text: string): string {
  if (!specialInAttribute.test(text)) return text
  return encodeText(text).replace(/["'\t\n]/g, (c) => `&#${c.charCodeAt(0)};`)
}

function requireAllowed(raw: string): void {
  // `search` minds no position of an earlier use
  const at = raw.search(forbidden)
  if (at >= 0) throw notWellFormed(`character ${raw.charCodeAt(at)} is not allowed`)
}

function resolveReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&([^;]*)(;?)/g, (_, name: string, end: string) => {
    const resolved = end === '' ? undefined : (entities.get(name) ?? resolveNumber(name))
    if (resolved === undefined) throw notWellFormed(`"&${name.slice(0, 40)}" is no reference`)
    return resolved
  })
}

function resolveNumber(name: string): string | undefined {
  const digits = /^#(?:x([0-9A-Fa-f]+)|([0-9]+))$/.exec(name)
  if (!digits) return undefined
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16)
  if (!(code >= 1 && code <= 0x10ffff)) return undefined
  const character = String.fromCodePoint(code)
  return character.search(forbidden) < 0 ? character : undefined
}

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
])

// a raw carriage return would be read back as a line feed (XML 1.0 §2.11)
const textEscapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

/** Characters that XML 1.0 §2.2 does not allow, lone surrogates among them. */
const forbidden =
  // biome-ignore lint: these control characters are the point
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
// Each of these finds whatever needs a second look, and now and then something that does not.
// biome-ignore lint: these control characters are the point
const rareInText = /[&\]\r\u0000-\u0008\u000B\u000C\u000E-\u001F\uD800-\uDFFF\uFFFE\uFFFF]/
// biome-ignore lint: these control characters are the point
const rareInAttribute = /[&<\u0000-\u001F\uD800-\uDFFF\uFFFE\uFFFF]/
// biome-ignore lint: these control characters are the point
const specialInText = /[&<>\r\u0000-\u0008\u000B\u000C\u000E-\u001F\uD800-\uDFFF\uFFFE\uFFFF]/
// biome-ignore lint: these control characters are the point
const specialInAttribute = /[&<>"'\u0000-\u001F\uD800-\uDFFF\uFFFE\uFFFF]/
