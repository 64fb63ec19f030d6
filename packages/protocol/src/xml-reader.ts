/**
 * Reads one stanza: XML 1.0 with namespaces, as much of it as XMPP allows (RFC 6120 §11). Made for short documents that are
 * whole when they arrive: one pass, in slices instead of single characters.
 */
import { NS } from './namespaces.ts'
import { decodeAttribute, decodeCdata, decodeText } from './xml-characters.ts'
import { notWellFormed, XmlError } from './xml-error.ts'
import { Scope } from './xml-scope.ts'
import type { XmlElement, XmlNode } from './xml.ts'

export interface XmlLimits {
  /** Longest document in UTF-16 code units. */
  readonly maxLength: number
  /** Deepest nesting; the root is depth 1. */
  readonly maxDepth: number
  /** Most elements in one document. */
  readonly maxElements: number
}

export const defaultXmlLimits: XmlLimits = { maxLength: 262_144, maxDepth: 32, maxElements: 10_000 }

/**
 * Parse exactly one element with nothing but white space around it.
 * @param inheritedNs namespace of unprefixed names that declare none; a stanza on a WebSocket stream inherits
 *   `jabber:client` (RFC 7395 §3.3.3).
 * @throws XmlError
 */
export function parseXml(
  text: string,
  limits: XmlLimits = defaultXmlLimits,
  inheritedNs: string = NS.client,
): XmlElement {
  if (text.length > limits.maxLength) {
    throw new XmlError('policy-violation', `stanza of ${text.length} characters is longer than ${limits.maxLength}`)
  }
  return new Reader(text, limits).read(new Scope(inheritedNs))
}

/** An element whose end has not come yet. */
interface Open {
  /** As written, with its prefix: the end tag must repeat it. */
  readonly tag: string
  readonly children: XmlNode[]
  readonly scope: Scope
  readonly outer: Open | undefined
}

class Reader {
  readonly #text: string
  readonly #limits: XmlLimits
  #at = 0
  #depth = 0
  #elements = 0
  #innermost: Open | undefined

  constructor(text: string, limits: XmlLimits) {
    this.#text = text
    this.#limits = limits
  }

  read(scope: Scope): XmlElement {
    const text = this.#text
    if (text.startsWith('\uFEFF')) this.#at = 1
    this.#skipDeclaration()
    this.#skipSpace()
    if (text.charCodeAt(this.#at) !== lessThan) throw notWellFormed('no element')
    this.#refuseMarkup()
    const root = this.#readStartTag(scope)
    while (this.#innermost) this.#readContent(this.#innermost)
    this.#skipSpace()
    if (this.#at < text.length) {
      this.#refuseMarkup()
      throw notWellFormed('something follows the element')
    }
    return root
  }

  /** Text up to the next tag, and that tag. */
  #readContent(parent: Open): void {
    const text = this.#text
    const end = text.indexOf('<', this.#at)
    if (end < 0) throw notWellFormed(`<${parent.tag}> has no end`)
    if (end > this.#at) appendText(parent.children, decodeText(text.slice(this.#at, end)))
    this.#at = end
    const next = text.charCodeAt(end + 1)
    if (next === slash) return this.#readEndTag(parent)
    if (next === exclamation || next === question) {
      if (text.startsWith(cdataStart, end)) return this.#readCdata(parent)
      this.#refuseMarkup()
    }
    parent.children.push(this.#readStartTag(parent.scope))
  }

  #readEndTag({ tag, outer }: Open): void {
    this.#at += 2
    if (!this.#text.startsWith(tag, this.#at)) throw notWellFormed(`another element than <${tag}> ends`)
    this.#at += tag.length
    this.#skipSpace()
    this.#skip(greaterThan, tag)
    this.#innermost = outer
    this.#depth--
  }

  #readCdata({ children }: Open): void {
    const start = this.#at + cdataStart.length
    const end = this.#text.indexOf(']]>', start)
    if (end < 0) throw notWellFormed('a CDATA section has no end')
    appendText(children, decodeCdata(this.#text.slice(start, end)))
    this.#at = end + 3
  }

  /** The element of the tag; unless it is empty, it is the innermost one afterwards. */
  #readStartTag(outerScope: Scope): XmlElement {
    const { maxDepth, maxElements } = this.#limits
    if (this.#depth >= maxDepth) throw new XmlError('policy-violation', `elements nest deeper than ${maxDepth}`)
    if (++this.#elements > maxElements) {
      throw new XmlError('policy-violation', `stanza has more than ${maxElements} elements`)
    }
    this.#at++
    const tag = this.#readName()
    const attrs: Record<string, string> = {}
    const scope = this.#readAttributes(attrs, outerScope)
    const isEmpty = this.#text.charCodeAt(this.#at) === slash
    if (isEmpty) this.#at++
    this.#skip(greaterThan, tag)
    const children: XmlNode[] = []
    if (!isEmpty) {
      this.#depth++
      this.#innermost = { tag, children, scope, outer: this.#innermost }
    }
    const colon = tag.indexOf(':')
    if (colon < 0) return { name: tag, ns: scope.defaultNs, attrs, children }
    const prefix = tag.slice(0, colon)
    // such an element could not be written without its prefix, which would break the parser of whoever receives it
    if (prefix === 'xml') throw notWellFormed('an element in the namespace of xml')
    return { name: tag.slice(colon + 1), ns: scope.ofPrefix(prefix), attrs, children }
  }

  /**
   * Up to the end of the tag. `attrs` gets those without a prefix and the `xml:` ones: any other prefix would be unbound when
   * the element is written again.
   */
  #readAttributes(attrs: Record<string, string>, outerScope: Scope): Scope {
    let declarations: Map<string, string> | undefined
    let prefixed: Set<string> | undefined
    while (this.#hasAttribute()) {
      const name = this.#readName()
      const value = this.#readValue(name)
      if (name === 'xmlns' || name.startsWith('xmlns:')) {
        if (declarations?.has(name)) throw twice(name)
        declarations = (declarations ?? new Map<string, string>()).set(name, value)
      } else if (name.includes(':')) {
        if (prefixed?.has(name)) throw twice(name)
        prefixed = (prefixed ?? new Set<string>()).add(name)
        if (name.startsWith('xml:')) attrs[name] = value
      } else {
        if (Object.hasOwn(attrs, name)) throw twice(name)
        // plain assignment would look for a prototype
        if (name !== '__proto__') attrs[name] = value
        else Object.defineProperty(attrs, name, { value, enumerable: true, configurable: true, writable: true })
      }
    }
    const scope = declarations ? outerScope.with(declarations) : outerScope
    if (prefixed) requireDistinct(prefixed, scope)
    return scope
  }

  /** Moves to the next attribute of a tag, if there is one. */
  #hasAttribute(): boolean {
    const before = this.#at
    this.#skipSpace()
    const next = this.#text.charCodeAt(this.#at)
    if (next === greaterThan || next === slash) return false
    if (this.#at === before) throw notWellFormed('a tag is broken off, or an attribute has no space before it')
    return true
  }

  #readName(): string {
    const text = this.#text
    const start = this.#at
    let end = start
    let isPlain = (nameCharacters[text.charCodeAt(start)] ?? 0) === nameStart
    for (; end < text.length; end++) {
      const kind = nameCharacters[text.charCodeAt(end)]
      if (kind === 0) break
      if (kind === undefined || kind === nameColon) isPlain = false
    }
    this.#at = end
    const name = text.slice(start, end)
    if (!isPlain && !qualifiedName.test(name)) throw notWellFormed(`"${name.slice(0, 40)}" is no name`)
    return name
  }

  #readValue(name: string): string {
    const text = this.#text
    this.#skipSpace()
    this.#skip(equals, name)
    this.#skipSpace()
    const quote = text[this.#at]
    if (quote !== '"' && quote !== "'") throw notWellFormed(`the value of ${name.slice(0, 40)} is not in quotes`)
    const start = this.#at + 1
    const end = text.indexOf(quote, start)
    if (end < 0) throw notWellFormed(`the value of ${name.slice(0, 40)} has no end`)
    this.#at = end + 1
    return decodeAttribute(text.slice(start, end))
  }

  #skip(code: number, near: string): void {
    if (this.#text.charCodeAt(this.#at) === code) this.#at++
    else throw notWellFormed(`"${String.fromCharCode(code)}" is missing after ${near.slice(0, 40)}`)
  }

  #skipSpace(): void {
    const text = this.#text
    let code = text.charCodeAt(this.#at)
    while (code === 32 || code === 10 || code === 9 || code === 13) code = text.charCodeAt(++this.#at)
  }

  #skipDeclaration(): void {
    const declaration = this.#text.startsWith('<?xml', this.#at) && xmlDeclaration.exec(this.#text.slice(this.#at))
    if (declaration) this.#at += declaration[0].length
  }

  /** What XML has besides elements and text, XMPP does without. */
  #refuseMarkup(): void {
    for (const [start, what] of restricted) {
      if (!this.#text.startsWith(start, this.#at)) continue
      throw new XmlError('restricted-xml', `${what} is not allowed in a stream (RFC 6120 §11.1)`)
    }
  }
}

/** One run of text is one node, whatever it was cut by. */
function appendText(children: XmlNode[], text: string): void {
  const last = children.at(-1)
  if (text === '') return
  if (typeof last === 'string') children[children.length - 1] = last + text
  else children.push(text)
}

/** Every prefix is declared, and no attribute is there under two prefixes of one namespace. */
function requireDistinct(names: ReadonlySet<string>, scope: Scope): void {
  const seen = new Set<string>()
  for (const name of names) {
    const colon = name.indexOf(':')
    const expanded = `${name.slice(colon)} ${scope.ofPrefix(name.slice(0, colon))}`
    if (seen.has(expanded)) throw twice(name)
    seen.add(expanded)
  }
}

function twice(name: string): XmlError {
  return notWellFormed(`${name.slice(0, 40)} is there twice`)
}

const [lessThan, greaterThan, slash, exclamation, question, equals] = [60, 62, 47, 33, 63, 61] as const
const cdataStart = '<![CDATA['
const restricted = [
  ['<!--', 'a comment'],
  ['<!DOCTYPE', 'a document type declaration'],
  ['<?', 'a processing instruction'],
] as const
const xmlDeclaration =
  /^<\?xml\s+version\s*=\s*(["'])1\.\d+\1(?:\s+encoding\s*=\s*(["'])[A-Za-z][\w.-]*\2)?(?:\s+standalone\s*=\s*(["'])(?:yes|no)\3)?\s*\?>/

/** Of ASCII: what ends a name, what may be in it, what may begin it, and the colon. Beyond ASCII a pattern decides. */
const [nameInner, nameStart, nameColon] = [1, 2, 3] as const
const nameCharacters = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code)
  if (character === ':') return nameColon
  if (/[A-Za-z_]/.test(character)) return nameStart
  return /[0-9.-]/.test(character) ? nameInner : 0
})
const startCharacters =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}\\u{200D}\\u{2070}-\\u{218F}' +
  '\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const part = `[${startCharacters}][-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}\\u{2040}${startCharacters}]*`
/** XML 1.0 §2.3, Namespaces in XML 1.0 §4. */
const qualifiedName = new RegExp(`^${part}(?::${part})?$`, 'u')
