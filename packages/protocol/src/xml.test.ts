import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NS } from './namespaces.ts'
import { XmlError } from './xml-error.ts'
import { parseXml } from './xml-reader.ts'
import {
  child,
  childElements,
  el,
  serialize,
  shareContent,
  textOf,
  withAttrs,
  withChildren,
  type XmlElement,
} from './xml.ts'

const reasonFor = (text: string): string => {
  try {
    parseXml(text)
  } catch (error) {
    if (error instanceof XmlError) return error.reason
    throw error
  }
  return 'accepted'
}

test('a stanza inherits jabber:client and its children their parent', () => {
  const message = parseXml('<message to="a@b"><body>x</body><y xmlns="urn:y"><z/></y></message>')
  assert.equal(message.ns, NS.client)
  assert.equal(child(message, 'body')?.ns, NS.client)
  const y = child(message, 'y', 'urn:y')
  assert.equal(y && child(y, 'z')?.ns, 'urn:y')
})

test('every element outside jabber:client declares its namespace again', () => {
  const query = el('query', 'urn:q', {}, el('item', 'urn:q'))
  assert.equal(
    serialize(el('iq', NS.client, { type: 'get' }, query)),
    '<iq xmlns="jabber:client" type="get"><query xmlns="urn:q"><item xmlns="urn:q"/></query></iq>',
  )
})

test('prefixes are resolved on the way in and never written', () => {
  const iq = parseXml('<c:iq xmlns:c="jabber:client" xmlns:q="urn:q"><q:query><q:item/></q:query></c:iq>')
  assert.equal(serialize(iq), '<iq xmlns="jabber:client"><query xmlns="urn:q"><item xmlns="urn:q"/></query></iq>')
})

test('stream elements carry the one prefix that clients expect', () => {
  assert.equal(
    serialize(el('features', NS.streams, {}, el('bind', NS.bind))),
    `<stream:features xmlns:stream="${NS.streams}"><bind xmlns="${NS.bind}"/></stream:features>`,
  )
})

test('a prefixed attribute cannot survive without its declaration, xml:lang can', () => {
  const nick = parseXml('<nick xmlns:a="urn:a" a:b="1" c="2" xml:lang="de"/>')
  assert.deepEqual(nick.attrs, { c: '2', 'xml:lang': 'de' })
})

test('elements in the namespaces of xml and xmlns are refused: they cannot be relayed', () => {
  assert.equal(reasonFor('<a><xml:b/></a>'), 'not-well-formed')
})

test('no DOCTYPE, comment or processing instruction', () => {
  assert.equal(reasonFor('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), 'restricted-xml')
  assert.equal(reasonFor('<a><!-- b --></a>'), 'restricted-xml')
  assert.equal(reasonFor('<a><?b c?></a>'), 'restricted-xml')
})

test('broken documents are not well-formed', () => {
  const broken = ['', ' ', 'a', '<a>', '</a>', '<a></b>', '<a/><b/>', '<a/>b', '<a b="1" b="2"/>', '<a b=1/>', '<a b/>']
  broken.push(
    '<a>&nbsp;</a>',
    '<p:a/>',
    '<a b="<"/>',
    '<1a/>',
    '<a>\u0001</a>',
    '<a>&#0;</a>',
    '<a>]]></a>',
    '<a',
    '<a>\uD800x</a>',
    '<a xmlns:p="urn:p" p:1=""/>',
  )
  for (const text of broken) assert.equal(reasonFor(text), 'not-well-formed', text)
})

test('limits on length, depth and number of elements', () => {
  assert.equal(reasonFor(`<a>${'x'.repeat(262_144)}</a>`), 'policy-violation')
  assert.equal(reasonFor(`${'<a>'.repeat(32)}${'</a>'.repeat(32)}`), 'accepted')
  assert.equal(reasonFor(`${'<a>'.repeat(33)}${'</a>'.repeat(33)}`), 'policy-violation')
  assert.equal(reasonFor(`<a>${'<b/>'.repeat(9999)}</a>`), 'accepted')
  assert.equal(reasonFor(`<a>${'<b/>'.repeat(10_000)}</a>`), 'policy-violation')
})

test('text, CDATA and character references are one run of text', () => {
  const body = parseXml('<body>a&amp;<![CDATA[<b>]]>&#x1F44D;</body>')
  assert.deepEqual(body.children, ['a&<b>\u{1F44D}'])
})

test('what XML cannot carry becomes a replacement character', () => {
  assert.equal(
    serialize(el('a', NS.client, { b: '\u0000' }, '\uD800x\uFFFF')),
    '<a xmlns="jabber:client" b="\uFFFD">\uFFFDx\uFFFD</a>',
  )
})

test('look-ups and copies', () => {
  const parent = el('p', 'urn:p', { a: 1, b: undefined, c: true }, 'x', el('k', 'urn:k'), el('k', 'urn:p'), 'y')
  assert.deepEqual(parent.attrs, { a: '1', c: 'true' })
  assert.equal(childElements(parent, 'k').length, 2)
  assert.equal(childElements(parent, 'k', 'urn:p').length, 1)
  assert.equal(textOf(parent), 'xy')
  assert.equal(textOf(undefined), '')
  const changed = withAttrs(parent, { a: undefined, d: 4 })
  assert.deepEqual(changed.attrs, { c: 'true', d: '4' })
  assert.deepEqual(parent.attrs, { a: '1', c: 'true' })
})

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/).filter((text) => !/^xml/i.test(text))
const text = fc.string({ unit: 'binary', maxLength: 12 }).map((raw) => raw.replace(unwritable, ''))
const unwritable =
  // biome-ignore lint: these control characters are the point
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g
const tree = fc.letrec<{ element: XmlElement }>((tie) => ({
  element: fc.record(
    {
      name,
      ns: fc.constantFrom(NS.client, NS.streams, NS.jingle, 'urn:x', ''),
      attrs: fc.dictionary(name, text, { maxKeys: 3, noNullPrototype: true }),
      children: fc
        .array(fc.oneof({ depthSize: 'small' }, text, tie('element')), { maxLength: 4 })
        .map((nodes) => mergeText(nodes)),
    },
    { noNullPrototype: true },
  ),
})).element

/** Adjacent runs of text are one node once they have been on the wire, empty ones none. */
function mergeText(nodes: readonly (string | XmlElement)[]): (string | XmlElement)[] {
  const merged: (string | XmlElement)[] = []
  for (const node of nodes) {
    const last = merged.at(-1)
    if (node === '') continue
    if (typeof node === 'string' && typeof last === 'string') merged[merged.length - 1] = last + node
    else merged.push(node)
  }
  return merged
}

test('what is written is read back the same', () => {
  fc.assert(
    fc.property(tree, (element) => {
      assert.deepEqual(parseXml(serialize(element)), element)
    }),
    { numRuns: 300 },
  )
})

test('garbage is refused with an XmlError or read as an element that can be written again', () => {
  const pieces = fc.constantFrom(
    ...[
      '<',
      '>',
      '/',
      '<a',
      '<a>',
      '</a>',
      '<b/>',
      '"',
      "'",
      '=',
      ' ',
      'xmlns',
      ':',
      'c="d"',
      'xmlns="urn:x"',
      '&amp;',
      '&',
    ],
    ...[
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?x',
      '?>',
      '<!DOCTYPE',
      '\u0000',
      '\uFEFF',
      '&#xD800;',
      '&#10;',
      '<?xml version="1.0"?>',
    ],
  )
  const soup = fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 24 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(
      fc.oneof(
        soup,
        soup.map((inner) => `<a>${inner}</a>`),
      ),
      (input) => {
        let element: XmlElement
        try {
          element = parseXml(input)
        } catch (error) {
          assert.ok(error instanceof XmlError, String(error))
          return
        }
        assert.deepEqual(parseXml(serialize(element)), element)
      },
    ),
    { numRuns: 1000 },
  )
})

test('a truncated stanza is never taken for a whole one', () => {
  const whole = serialize(
    el('message', NS.client, { to: 'a@b' }, el('body', NS.client, {}, 'x & <y>'), el('z', 'urn:z')),
  )
  for (let length = 0; length < whole.length; length++) {
    assert.equal(reasonFor(whole.slice(0, length)), 'not-well-formed')
  }
})

test('shared content is the same text, whatever the root is told', () => {
  const body = el('body', NS.client, {}, 'x & y')
  const shared = shareContent(el('message', NS.client, { from: 'a' }, body, el('z', 'urn:z')))
  const plain = (to: string) => serialize(el('message', NS.client, { from: 'a', to }, body, el('z', 'urn:z')))
  assert.equal(serialize({ ...shared, attrs: { from: 'a', to: 'b' } }), plain('b'))
  assert.equal(serialize({ ...shared, attrs: { from: 'a', to: 'c' } }), plain('c'))
  // other children are other content
  assert.equal(serialize(withChildren(shared, ['v'])), '<message xmlns="jabber:client" from="a">v</message>')
  assert.equal(serialize(shareContent(el('a', NS.client))), '<a xmlns="jabber:client"/>')
})
