import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bareJid, formatJid, parseJid } from './jid.ts'

test('the three parts', () => {
  assert.deepEqual(parseJid('Juliet@Example.COM/Balcony'), {
    node: 'juliet',
    domain: 'example.com',
    resource: 'Balcony',
  })
  assert.deepEqual(parseJid('example.com'), { node: '', domain: 'example.com', resource: '' })
  assert.deepEqual(parseJid('example.com/a@b/c'), { node: '', domain: 'example.com', resource: 'a@b/c' })
})

test('addresses of rooms, services, machines', () => {
  for (const text of [
    'r1@muc.meet.jitsi/focus',
    '[2001:db8::1]',
    '127.0.0.1',
    'localhost',
    'a_b@x_y.z',
    'münchen.example',
  ]) {
    assert.ok(parseJid(text), text)
  }
})

test('what is no address', () => {
  const wrong = [
    '',
    '@',
    'a@',
    '@b',
    'a@b@c',
    '/r',
    'a@b/',
    'a b@c',
    'a@b c',
    'a"@b',
    'a&b@c',
    'a:b@c',
    '<a>@b',
    "a'@b",
  ]
  wrong.push('-a', 'a..b', 'a@.b', 'a@b/\u0000', '\u0007@b', 'a@b/\uD800', '\uDC00@b', 'a@b/\n')
  for (const text of wrong) assert.equal(parseJid(text), undefined, JSON.stringify(text))
})

test('each part has at most 1023 bytes', () => {
  assert.ok(parseJid(`${'a'.repeat(1023)}@b/${'ü'.repeat(511)}`))
  assert.equal(parseJid(`${'a'.repeat(1024)}@b`), undefined)
  assert.equal(parseJid(`a@b/${'ü'.repeat(512)}`), undefined)
  assert.equal(parseJid(`a@${'b'.repeat(1024)}`), undefined)
})

const likely = fc.array(
  fc.oneof(
    fc.constantFrom('@', '/', '.', 'a', 'B', '-', '_', 'İ', 'ẞ', 'Å', 'Σ', '\u0307'),
    fc.string({ unit: 'binary', maxLength: 2 }),
  ),
  {
    maxLength: 12,
  },
)

test('a parsed address is written in one form, which parses to itself', () => {
  const text = fc.oneof(
    likely.map((parts) => parts.join('')),
    likely.map((parts) => `${parts.join('')}@example.com/x`),
  )
  fc.assert(
    fc.property(text, (input) => {
      const jid = parseJid(input)
      if (!jid) return
      assert.deepEqual(parseJid(formatJid(jid)), jid)
      assert.deepEqual(parseJid(bareJid(jid)), { ...jid, resource: '' })
    }),
    { numRuns: 1000 },
  )
})

test('every character of the first plane folds to something stable', () => {
  for (let code = 0x20; code < 0x10000; code++) {
    const jid = parseJid(`a${String.fromCharCode(code)}@example.com`)
    if (jid) assert.deepEqual(parseJid(formatJid(jid)), jid, code.toString(16))
  }
})
