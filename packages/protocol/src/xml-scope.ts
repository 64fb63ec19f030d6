/** Which namespace a name belongs to (Namespaces in XML 1.0). Scopes are a chain from the inside out, as deep as elements. */
import { NS } from './namespaces.ts'
import { notWellFormed } from './xml-error.ts'

export class Scope {
  /** Namespace of elements without a prefix. */
  readonly defaultNs: string
  readonly #prefixes: ReadonlyMap<string, string> | undefined
  readonly #outer: Scope | undefined

  constructor(defaultNs: string, outer?: Scope, prefixes?: ReadonlyMap<string, string>) {
    this.defaultNs = defaultNs
    this.#outer = outer
    this.#prefixes = prefixes
  }

  /** The scope of an element within this one. @param declared values by attribute name, `xmlns` or `xmlns:…` */
  with(declared: ReadonlyMap<string, string>): Scope {
    let defaultNs = this.defaultNs
    const prefixes = new Map<string, string>()
    for (const [name, uri] of declared) {
      // `xml` is what it always is, and nothing else is `xml` (§3)
      const isAllowed = name === 'xmlns:xml' ? uri === xmlNs : uri !== xmlNs && uri !== xmlnsNs
      const isDefault = name === 'xmlns'
      if (!isAllowed || name === 'xmlns:xmlns' || (uri === '' && !isDefault)) {
        throw notWellFormed(`${name.slice(0, 40)} cannot be "${uri.slice(0, 60)}"`)
      }
      if (isDefault) defaultNs = uri
      else prefixes.set(name.slice('xmlns:'.length), uri)
    }
    return new Scope(defaultNs, this, prefixes)
  }

  /** @throws XmlError when nobody has declared it */
  ofPrefix(prefix: string): string {
    const uri = this.#find(prefix) ?? alwaysDeclared.get(prefix)
    if (uri === undefined) throw notWellFormed(`the prefix "${prefix.slice(0, 40)}" is not declared`)
    return uri
  }

  #find(prefix: string): string | undefined {
    const uri = this.#prefixes?.get(prefix)
    return uri === undefined && this.#outer ? this.#outer.#find(prefix) : uri
  }
}

const xmlNs = 'http://www.w3.org/XML/1998/namespace'
const xmlnsNs = 'http://www.w3.org/2000/xmlns/'
/** `stream` by the stream that every stanza is a part of. */
const alwaysDeclared: ReadonlyMap<string, string> = new Map([
  ['xml', xmlNs],
  ['stream', NS.streams],
])
