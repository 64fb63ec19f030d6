import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { capsVersion, features, featuresWith } from './capabilities.ts'

const sha1 = async (bytes: Uint8Array) => createHash('sha1').update(bytes).digest()

test('the version is the SHA-1 of the sorted features, each with "<" (XEP-0115 §5.1)', async () => {
  const of = ['urn:b', 'urn:a']
  const expected = createHash('sha1').update('urn:a<urn:b<').digest('base64')
  assert.equal(await capsVersion(sha1, of), expected)
  assert.equal(await capsVersion(sha1, [...of].reverse()), expected)
})

test('we announce what the focus looks for, and nothing we cannot do', () => {
  for (const needed of [
    'urn:xmpp:jingle:apps:rtp:audio',
    'urn:xmpp:jingle:apps:rtp:video',
    'urn:ietf:rfc:4588',
    'http://jitsi.org/json-encoded-sources',
    'http://jitsi.org/tcc',
  ]) {
    assert.ok(features.includes(needed), needed)
  }
  for (const absent of [
    'http://jitsi.org/ssrc-rewriting-1',
    'urn:xmpp:jingle:transports:dtls-sctp:1',
    'http://jitsi.org/opus-red',
  ]) {
    assert.ok(!features.includes(absent), absent)
  }
  assert.equal(new Set(features).size, features.length)
})

test('redundant sound is announced when it is switched on', () => {
  assert.deepEqual(featuresWith({}), features)
  const more = featuresWith({ opusRed: true })
  assert.deepEqual([...more], [...features, 'http://jitsi.org/opus-red'].sort())
})
