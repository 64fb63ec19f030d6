/**
 * XML as XMPP uses it (RFC 6120 §11): elements, attributes and text; no comments, processing instructions, DOCTYPE or
 * entity declarations. The stock client finds elements by the literal `xmlns` attribute, so {@link serialize} writes a
 * default-namespace declaration on every element outside `jabber:client` and never a prefix (except `stream:`).
 */
import { NS } from './namespaces.ts'
import { encodeAttribute, encodeText } from './xml-characters.ts'

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

type AttrValue = string | number | boolean | undefined

/** Build an element. Attributes that are `undefined` are left out; numbers and booleans become text. */
export function el(
  name: string,
  ns: string,
  attrs: Readonly<Record<string, AttrValue>> = {},
  ...children: readonly (XmlNode | undefined)[]
): XmlElement {
  const kept: Record<string, string> = {}
  for (const key of Object.keys(attrs)) {
    const value = attrs[key]
    if (value !== undefined) kept[key] = String(value)
  }
  return { name, ns, attrs: kept, children: children.filter((node) => node !== undefined) }
}

/** Write an element. The root always declares its namespace; so does every element outside `jabber:client`. */
export function serialize(element: XmlElement): string {
  return write(element, undefined)
}

/**
 * For an element that many will be sent under different attributes: what is in it is written once. Copies share it for as
 * long as they have the same `children` and namespace. Returns the element.
 */
export function shareContent(element: XmlElement): XmlElement {
  if (!sharedContents.has(element.children)) sharedContents.set(element.children, '')
  return element
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
  const { name, ns, attrs, children } = element
  const isOfStream = ns === NS.streams
  const tag = isOfStream ? `stream:${name}` : name
  let out = `<${tag}`
  if (isOfStream) {
    if (parentNs !== NS.streams) out += ` xmlns:stream="${NS.streams}"`
  } else if (ns !== NS.client || parentNs !== NS.client) out += ` xmlns="${encodeAttribute(ns)}"`
  for (const key of Object.keys(attrs)) out += ` ${key}="${encodeAttribute(attrs[key] ?? '')}"`
  return children.length === 0 ? `${out}/>` : `${out}>${contentOf(element)}</${tag}>`
}

function contentOf({ ns, children }: XmlElement): string {
  const known = sharedContents.get(children)
  if (known) return known
  let content = ''
  for (const node of children) content += typeof node === 'string' ? encodeText(node) : write(node, ns)
  if (known === '') sharedContents.set(children, content)
  return content
}

/** By list of children; `''` = to be written. */
const sharedContents = new WeakMap<readonly XmlNode[], string>()
