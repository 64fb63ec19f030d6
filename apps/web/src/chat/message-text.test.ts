import assert from 'node:assert/strict'
import { test } from 'node:test'
import { splitLinks } from './message-text.ts'

const links = (text: string) => splitLinks(text).flatMap((part) => (part.kind === 'link' ? [part.text] : []))

test('finds addresses without the punctuation around them', () => {
  assert.deepEqual(links('see https://a.example/x?y=1#z, and (http://b.example/c).'), [
    'https://a.example/x?y=1#z',
    'http://b.example/c',
  ])
  assert.deepEqual(links('https://a.example/wiki/X_(y)'), ['https://a.example/wiki/X_(y)'])
})

test('nothing but web addresses becomes a link', () => {
  assert.deepEqual(links('javascript:alert(1) data:text/html,x ftp://a.example https:// http://'), [])
})

test('no character is lost or added', () => {
  for (const text of ['', 'plain', 'https://a.example', ' a https://b.example. c https://d.example) ', 'x https://']) {
    assert.equal(
      splitLinks(text)
        .map((part) => part.text)
        .join(''),
      text,
    )
  }
})
