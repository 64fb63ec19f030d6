/**
 * XML as XMPP uses it (RFC 6120 §11): elements, attributes and text; no comments, processing instructions, DOCTYPE or
 * entity declarations. The stock client finds elements by the literal `xmlns` attribute, so {@link serialize} writes a
 * default-namespace declaration on every element outside `jabber:client` and never a prefix (except `stream:`).
 */
import { SaxesParser } from 'saxes'
import { NS } from './namespaces.ts'

export type XmlNode = XmlElement | string

/** One element. Treat as immutable once shared: a stanza that is relayed to many receivers is the same object. */
export interface XmlElement {
  /** Local name, without prefix. */
  readonly name: string
  /** Namespace URI. */
  readonly ns: string
  /**
   * Attributes without namespace declarations. Of prefixed attributes only `xml:` ones (`xml:lang`) exist: declarations are
   * not kept, so any other prefix would be unbound, and the document broken, when written again.
   */
  readonly attrs: Readonly<Record<string, string>>
  readonly children: readonly XmlNode[]
}

export type XmlErrorReason = 'not-well-formed' | 'restricted-xml' | 'policy-violation'

/** Thrown by {@link parseXml}. `reason` is a stream error condition of RFC 6120 §4.9.3. */
export class XmlError extends Error {
  readonly code = 'PARLEY_XML'
  readonly reason: XmlErrorReason
  constructor(reason: XmlErrorReason, message: string) {
    super(message)
    this.name = 'XmlError'
    this.reason = reason
  }
}

export interface XmlLimits {
  /** Longest document in UTF-16 code units. */
  readonly maxLength: number
  /** Deepest nesting; the root is depth 1. */
  readonly maxDepth: number
  /** Most elements in one document. */
  readonly maxElements: number
}

export const defaultXmlLimits: XmlLimits = { maxLength: 262_144, maxDepth: 32, maxElements: 10_000 }

type AttrValue = string | number | boolean | undefined

/** Build an element. Attributes that are `undefined` are left out; numbers and booleans become text. */
export function el(
  name: string,
  ns: string,
  attrs: Readonly<Record<string, AttrValue>> = {},
  ...children: readonly (XmlNode | undefined)[]
): XmlElement {
  const kept = Object.entries(attrs).filter(([, value]) => value !== undefined)
  return {
    name,
    ns,
    attrs: Object.fromEntries(kept.map(([key, value]) => [key, String(value)])),
    children: children.filter((c) => c !== undefined),
  }
}

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
  const parser = new SaxesParser({ xmlns: true, additionalNamespaces: { '': inheritedNs, stream: NS.streams } })
  const stack: { name: string; ns: string; attrs: Record<string, string>; children: XmlNode[] }[] = []
  let root: XmlElement | undefined
  let elements = 0
  const refuse = (what: string) => () => {
    throw new XmlError('restricted-xml', `${what} is not allowed in a stream (RFC 6120 §11.1)`)
  }
  parser.on('error', (error) => {
    throw new XmlError('not-well-formed', error.message)
  })
  parser.on('doctype', refuse('a document type declaration'))
  parser.on('comment', refuse('a comment'))
  parser.on('processinginstruction', refuse('a processing instruction'))
  parser.on('opentag', (tag) => {
    if (stack.length >= limits.maxDepth) {
      throw new XmlError('policy-violation', `elements nest deeper than ${limits.maxDepth}`)
    }
    if (++elements > limits.maxElements) {
      throw new XmlError('policy-violation', `stanza has more than ${limits.maxElements} elements`)
    }
    // such names could not be written without their prefix, which would break the parser of whoever receives them
    if (reservedNs.has(tag.uri)) throw new XmlError('not-well-formed', `element in the reserved namespace ${tag.uri}`)
    const attrs = Object.values(tag.attributes).filter((a) => a.prefix === 'xml' || (!a.prefix && a.name !== 'xmlns'))
    const element = {
      name: tag.local,
      ns: tag.uri,
      attrs: Object.fromEntries(attrs.map((attr) => [attr.name, attr.value])),
      children: [] as XmlNode[],
    }
    stack.at(-1)?.children.push(element)
    stack.push(element)
  })
  parser.on('closetag', () => {
    const done = stack.pop()
    if (stack.length === 0 && done) root = done
  })
  const onText = (chunk: string) => {
    const children = stack.at(-1)?.children
    if (!children || chunk === '') return
    const last = children.at(-1)
    // one run of text is one node, however the parser cuts it (CDATA sections are runs of their own)
    if (typeof last === 'string') children[children.length - 1] = last + chunk
    else children.push(chunk)
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  parser.write(text).close()
  if (!root) throw new XmlError('not-well-formed', 'no element')
  return root
}

/** Write an element. The root always declares its namespace; so does every element outside `jabber:client`. */
export function serialize(element: XmlElement): string {
  if (element.ns !== NS.client) return write(element, undefined)
  const children = element.children.map((node) => (typeof node === 'string' ? escapeText(node) : writePayload(node)))
  return wrap(element, undefined, children.join(''))
}

/** First child element with this name (and namespace, when given). */
export function child(parent: XmlElement, name: string, ns?: string): XmlElement | undefined {
  for (const node of parent.children) {
    if (typeof node !== 'string' && node.name === name && (ns === undefined || node.ns === ns)) return node
  }
  return undefined
}

/** Child elements, in order, with this name and namespace where given. */
export function childElements(parent: XmlElement, name?: string, ns?: string): XmlElement[] {
  return parent.children.filter(
    (node): node is XmlElement =>
      typeof node !== 'string' && (name === undefined || node.name === name) && (ns === undefined || node.ns === ns),
  )
}

/** The element's own text, without that of its descendants. */
export function textOf(element: XmlElement | undefined): string {
  if (!element) return ''
  return element.children.filter((node) => typeof node === 'string').join('')
}

/** A copy with other attributes; `undefined` removes one. */
export function withAttrs(element: XmlElement, attrs: Readonly<Record<string, AttrValue>>): XmlElement {
  return { ...el(element.name, element.ns, { ...element.attrs, ...attrs }), children: element.children }
}

/** A copy with other children. */
export function withChildren(element: XmlElement, children: readonly XmlNode[]): XmlElement {
  return { ...element, children }
}

function write(element: XmlElement, parentNs: string | undefined): string {
  let content = ''
  for (const node of element.children) content += typeof node === 'string' ? escapeText(node) : write(node, element.ns)
  return wrap(element, parentNs, content)
}

/** A child of a stanza. A relayed one is written for each receiver, under roots that differ in their addresses only. */
function writePayload(element: XmlElement): string {
  const known = writtenPayloads.get(element)
  if (known !== undefined) return known
  const text = write(element, NS.client)
  writtenPayloads.set(element, text)
  return text
}

const writtenPayloads = new WeakMap<XmlElement, string>()

function wrap(element: XmlElement, parentNs: string | undefined, content: string): string {
  const prefix = element.ns === NS.streams ? 'stream:' : ''
  let out = `<${prefix}${element.name}`
  if (prefix) {
    if (parentNs !== NS.streams) out += ` xmlns:stream="${NS.streams}"`
  } else if (element.ns !== parentNs || element.ns !== NS.client) {
    out += ` xmlns="${escapeAttr(element.ns)}"`
  }
  for (const [key, value] of Object.entries(element.attrs)) out += ` ${key}="${escapeAttr(value)}"`
  return element.children.length === 0 ? `${out}/>` : `${out}>${content}</${prefix}${element.name}>`
}

function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (c) => textEscapes[c] ?? c).replace(forbidden, '\uFFFD')
}

function escapeAttr(text: string): string {
  return escapeText(text).replace(/["'\t\n]/g, (c) => `&#${c.charCodeAt(0)};`)
}

// a raw carriage return would be read back as a line feed (XML 1.0 §2.11)
const textEscapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

/** Namespaces bound to the prefixes `xml` and `xmlns`, which can be no default (Namespaces in XML 1.0 §3). */
const reservedNs = new Set(['http://www.w3.org/XML/1998/namespace', 'http://www.w3.org/2000/xmlns/'])

/** Characters that XML 1.0 §2.2 does not allow, lone surrogates among them. */
const forbidden =
  // biome-ignore lint: these control characters are the point
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
