import assert from 'node:assert/strict'
import { test } from 'node:test'
import { announcement } from './announcement.ts'

const addresses = {
  httpPort: 8000,
  httpsPort: 8443,
  mediaPort: 10000,
  publicUrl: undefined,
  hosts: ['192.0.2.1', '2001:db8::1'],
  media: [{ ip: '192.0.2.1', port: 10000 }],
  redirectsToHttps: false,
  selfSignedFingerprint: 'AA:BB',
}

test('every address to open and every port is named', () => {
  const text = announcement(addresses)
  const urls = [...text.matchAll(/https?:\/\/\S+/g)].map(([url]) => url)
  assert.deepEqual(urls, ['https://localhost:8443', 'https://192.0.2.1:8443', 'https://[2001:db8::1]:8443'])
  for (const part of ['8443/tcp', '8000/tcp', '10000/udp', '192.0.2.1:10000', 'AA:BB'])
    assert.ok(text.includes(part), part)
})

test('without HTTPS the plain address is the one to open, and standard ports are left out', () => {
  const text = announcement({
    ...addresses,
    httpPort: 80,
    httpsPort: undefined,
    publicUrl: 'https://meet.example',
    hosts: [],
    selfSignedFingerprint: undefined,
  })
  assert.match(text, /Open {7}https:\/\/meet\.example\n +http:\/\/localhost\n/)
  assert.doesNotMatch(text, /self-signed|8443/)
})
