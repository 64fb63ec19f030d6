import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { NS } from './namespaces.ts'
import { XmlError } from './xml-error.ts'
import { parseXml } from './xml-reader.ts'
import type { XmlElement, XmlNode } from './xml.ts'

/** The same by a general XML parser, which knows nothing of limits. `undefined` = refused. */
function reference(text: string): XmlElement | undefined {
  const parser = new SaxesParser({ xmlns: true, additionalNamespaces: { '': NS.client, stream: NS.streams } })
  const stack: { name: string; ns: string; attrs: Record<string, string>; children: XmlNode[] }[] = []
  let root: XmlElement | undefined
  const refuse = () => {
    throw new Error('refused')
  }
  for (const event of ['error', 'doctype', 'comment', 'processinginstruction'] as const) parser.on(event, refuse)
  parser.on('opentag', (tag) => {
    if (tag.uri.startsWith('http://www.w3.org/')) refuse()
    const attrs = Object.values(tag.attributes).filter((a) => a.prefix === 'xml' || (!a.prefix && a.name !== 'xmlns'))
    const kept = Object.fromEntries(attrs.map((attr) => [attr.name, attr.value]))
    const element = { name: tag.local, ns: tag.uri, attrs: kept, children: [] as XmlNode[] }
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
    if (typeof last === 'string') children[children.length - 1] = last + chunk
    else children.push(chunk)
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  try {
    parser.write(text).close()
  } catch {
    return undefined
  }
  return root
}

function read(text: string): XmlElement | undefined {
  try {
    return parseXml(text)
  } catch (error) {
    assert.ok(error instanceof XmlError, String(error))
    return undefined
  }
}

const words = (text: string) => text.split(' ')
/** Mostly the one, now and then the other. */
const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: usual, weight: 12 }, { arbitrary: odd, weight: 1 })
const usualNames = fc.constantFrom(...words('a b c.d-e_1 xml:lang stream:c p:a p:b q:a é \u{10000}'))
const oddNames = fc.constantFrom('', ...words(': a: :a a:b:c 1 -a \u{1F44D} \u00D7 __proto__'))
const xmlNs = 'http://www.w3.org/XML/1998/namespace'
const uri = mostly(
  fc.constantFrom('urn:x', 'urn:y', ''),
  fc.constantFrom(NS.client, xmlNs, 'http://www.w3.org/2000/xmlns/'),
)
const data = mostly(
  fc.constantFrom(
    ' ',
    '\n',
    '\r',
    '\r\n',
    '\t',
    ...words('x ]] > &amp; &lt; &#65; &#x1F44D; &#13; &quot; &apos; \u{1F44D}'),
  ),
  fc.constantFrom('&# 65;', '\u0001', '\uFFFF', '"', "'", ...words('&#0; &#xFFFE; &#x; &x; & ]]> &#x110000; &amp <')),
)
const markup = mostly(
  fc.constantFrom('<![CDATA[<&]]>', '<![CDATA[\r\n]]>', '<![CDATA[]]]]>', 'x'),
  fc.constantFrom('<![CDATA[\u0001]]>', '<![CDATA[', '<!-- x -->', '<?x y?>', '<!DOCTYPE a>', '<!x>'),
)
const value = fc.array(data, { maxLength: 3 }).map((parts) => parts.join(''))
const declared = mostly(fc.constantFrom(...words('xmlns xmlns:p xmlns:q')), fc.constantFrom('xmlns:xml', 'xmlns:xmlns'))
const attribute = fc
  .oneof(fc.tuple(declared, uri), fc.tuple(mostly(usualNames, oddNames), value))
  .chain(([name, text]) =>
    fc
      .tuple(
        mostly(fc.constantFrom(' ', '\n\t'), fc.constant('')),
        fc.constantFrom('=', ' = '),
        fc.constantFrom('"', "'"),
      )
      .map(([space, equals, quote]) => `${space}${name}${equals}${quote}${text}${quote}`),
  )
const document = fc
  .letrec<{ element: string }>((tie) => ({
    element: fc
      .record({
        name: mostly(usualNames, oddNames),
        attributes: fc.array(attribute, { maxLength: 3 }),
        content: fc.array(fc.oneof({ depthSize: 'small' }, data, markup, tie('element')), { maxLength: 3 }),
        end: mostly(fc.constantFrom('', ' '), fc.constant('x')),
      })
      .map(({ name, attributes, content, end }) => {
        const start = `<${name}${attributes.join('')}`
        return content.length === 0 ? `${start}/>` : `${start}>${content.join('')}</${name}${end}>`
      }),
  }))
  .element.map((inner) => `<p:r xmlns:p="urn:p" xmlns:q="urn:q">${inner}</p:r>`)

test('reads what a general parser reads, and refuses what it refuses', () => {
  let accepted = 0
  fc.assert(
    fc.property(
      document,
      mostly(fc.constantFrom('', ' ', '\uFEFF', '<?xml version="1.0"?>'), fc.constantFrom('x', '<?xml?>', '&#32;')),
      (text, before) => {
        const ours = read(before + text)
        if (ours) accepted++
        assert.deepEqual(ours, reference(before + text))
      },
    ),
    { numRuns: 4000 },
  )
  // or the comparison would show nothing
  assert.ok(accepted > 1000, `only ${accepted} documents were well-formed`)
})

test('prefixes reach inwards, end with their element, and can be declared again', () => {
  const read = parseXml('<a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c/></p:b><p:d xmlns="urn:3"><e/></p:d></a>')
  const ns = (element: XmlElement): unknown[] => [
    element.name,
    element.ns,
    ...element.children.map((node) => ns(node as XmlElement)),
  ]
  assert.deepEqual(ns(read), [
    ...['a', 'jabber:client'],
    ['b', 'urn:2', ['c', 'urn:2']],
    ['d', 'urn:1', ['e', 'urn:3']],
  ])
})

test('attributes named like properties of every object are attributes', () => {
  const { attrs } = parseXml('<a __proto__="1" constructor="2" toString="3"/>')
  assert.deepEqual(Object.entries(attrs), [
    ['__proto__', '1'],
    ['constructor', '2'],
    ['toString', '3'],
  ])
})

test('the largest documents within the limits are read in milliseconds, whatever they are made of', () => {
  const fill = (unit: string | ((index: number) => string), around = '<a></a>'): string => {
    const parts: string[] = []
    for (let length = 0; length < 250_000; ) {
      const next = typeof unit === 'string' ? unit : unit(parts.length)
      parts.push(next)
      length += next.length
    }
    return around.replace('></a>', `${parts.join('')}></a>`)
  }
  const documents = [
    fill((i) => ` a${i}="1"`),
    fill((i) => ` xmlns:a${i}="u"`),
    fill((i) => ` xmlns:a${i}="u" a${i}:b${i}="1"`),
    `<a xmlns:p0="u"${' '.repeat(240_000)}/>`,
    `<a>${'&amp;'.repeat(50_000)}</a>`,
    `<a>${'&'.repeat(250_000)}</a>`,
    `<a>${']'.repeat(250_000)}</a>`,
    `<a>${'<![CDATA[x]]>'.repeat(19_000)}</a>`,
    `<a>${'<b xmlns:p="u"/>'.repeat(9_999)}</a>`,
    `<a${' xmlns:q="u"'.repeat(1)}>${'<q:b/>'.repeat(9_999)}</a>`,
    `<${'a'.repeat(250_000)}/>`,
    `<a>&${'a'.repeat(250_000)}</a>`,
    `<a b="${'\uD83D\uDC4D'.repeat(120_000)}"/>`,
  ]
  for (const text of documents) {
    const start = performance.now()
    read(text)
    const tookMs = performance.now() - start
    assert.ok(tookMs < 1_000, `${text.slice(0, 40)}… took ${tookMs.toFixed(0)} ms`)
  }
})
