import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cacheControl, looksLikeFile, redirectTarget, requestOrigin } from './headers.ts'

test('the origin is what the visitor typed; a host that is none is not repeated', () => {
  const originOf = (host: string | undefined): string => requestOrigin({ host, isSecure: true, localPort: 8443 })
  assert.equal(originOf('Meet.Example:8443'), 'https://meet.example:8443')
  assert.equal(originOf('[::1]:8443'), 'https://[::1]:8443')
  for (const host of [
    undefined,
    '',
    'a/b',
    'a"b',
    "a'b",
    'a b',
    'a@b',
    'a\\b',
    `${'a'.repeat(300)}`,
    'a:99999',
    '[::::]',
    '1.2.3.4.5',
    '[1]',
  ]) {
    assert.equal(originOf(host), 'https://localhost:8443')
  }
})

test('a redirect keeps host and path, and names the port unless it is the standard one', () => {
  assert.equal(redirectTarget('http://a.example:8000', 8443, '/room?x=1'), 'https://a.example:8443/room?x=1')
  assert.equal(redirectTarget('http://a.example', 443, '/'), 'https://a.example/')
  assert.equal(redirectTarget('http://[::1]:8000', 8443, '/'), 'https://[::1]:8443/')
})

test('rooms are told from files', () => {
  for (const path of ['/standup', '/team.alpha', '/a/b', '/Ünïcode']) assert.equal(looksLikeFile(path), false)
  for (const path of ['/favicon.ico', '/assets/x', '/app.js', '/a/b.png']) assert.equal(looksLikeFile(path), true)
})

test('only names with a content hash are kept by browsers', () => {
  assert.match(cacheControl('/srv/dist/assets/index-a1b2c3.js'), /immutable/)
  assert.equal(cacheControl('/srv/dist/index.html'), 'no-cache')
})
