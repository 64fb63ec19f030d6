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
  /** Attributes without namespace declarations; prefixed attributes keep their prefix (`xml:lang`). */
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
  const kept: Record<string, string> = {}
  for (const [key, value] of Object.entries(attrs)) if (value !== undefined) kept[key] = String(value)
  return { name, ns, attrs: kept, children: children.filter((c) => c !== undefined) }
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
    const attrs: Record<string, string> = {}
    for (const attr of Object.values(tag.attributes)) {
      if (attr.prefix !== 'xmlns' && attr.name !== 'xmlns') attrs[attr.name] = attr.value
    }
    const element = { name: tag.local, ns: tag.uri, attrs, children: [] as XmlNode[] }
    stack.at(-1)?.children.push(element)
    stack.push(element)
  })
  parser.on('closetag', () => {
    const done = stack.pop()
    if (stack.length === 0 && done) root = done
  })
  const onText = (chunk: string) => {
    if (chunk !== '') stack.at(-1)?.children.push(chunk)
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  parser.write(text).close()
  if (!root) throw new XmlError('not-well-formed', 'no element')
  return root
}

/** Write an element. The root always declares its namespace; so does every element outside `jabber:client`. */
export function serialize(element: XmlElement): string {
  return write(element, undefined)
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
  const prefix = element.ns === NS.streams ? 'stream:' : ''
  let out = `<${prefix}${element.name}`
  if (prefix) {
    if (parentNs !== NS.streams) out += ` xmlns:stream="${NS.streams}"`
  } else if (element.ns !== parentNs || element.ns !== NS.client) {
    out += ` xmlns="${escapeAttr(element.ns)}"`
  }
  for (const [key, value] of Object.entries(element.attrs)) out += ` ${key}="${escapeAttr(value)}"`
  if (element.children.length === 0) return `${out}/>`
  out += '>'
  for (const node of element.children) out += typeof node === 'string' ? escapeText(node) : write(node, element.ns)
  return `${out}</${prefix}${element.name}>`
}

function escapeText(text: string): string {
  return text.replace(/[&<>]/g, (c) => (c === '&' ? '&amp;' : c === '<' ? '&lt;' : '&gt;')).replace(forbidden, '\uFFFD')
}

function escapeAttr(text: string): string {
  return escapeText(text).replace(/["'\t\n\r]/g, (c) => `&#${c.charCodeAt(0)};`)
}

/** Characters that XML 1.0 §2.2 does not allow, lone surrogates among them. */
const forbidden =
  // biome-ignore lint: these control characters are the point
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
