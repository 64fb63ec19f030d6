import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TransportId } from '@parley/media-engine'
import type { TransportDescription } from '@parley/protocol'
import { candidatePriority, describeTransport, remoteTransport } from './transport-description.ts'

const answer: TransportDescription = {
  ufrag: 'u',
  pwd: 'p',
  fingerprints: [{ hash: 'sha-256', value: 'AA', setup: 'active' }],
  candidates: [],
  webSocketUrls: [],
}

test('the offer has a host candidate for each address, the first preferred', () => {
  const offer = describeTransport({
    local: { id: 1 as TransportId, iceUfrag: 'ufrag', icePwd: 'pwd' },
    fingerprint: 'AB:CD',
    addresses: [
      { ip: '203.0.113.7', port: 10000 },
      { ip: '2001:db8::7', port: 10000 },
    ],
    webSocketPath: '/colibri-ws/s/c/e?pwd=x',
  })
  assert.deepEqual(offer.fingerprints, [{ hash: 'sha-256', value: 'AB:CD', setup: 'actpass' }])
  assert.deepEqual(offer.webSocketUrls, ['/colibri-ws/s/c/e?pwd=x'])
  const common = { component: 1, protocol: 'udp', port: 10000, type: 'host' }
  assert.deepEqual(offer.candidates, [
    { ...common, foundation: '1', priority: 2130706431, ip: '203.0.113.7' },
    { ...common, foundation: '2', priority: 2130706175, ip: '2001:db8::7' },
  ])
})

test('priorities are those of RFC 8445 §5.1.2.1', () => {
  assert.equal(candidatePriority(126, 65535, 1), 2130706431)
  assert.equal(candidatePriority(0, 0, 1), 255)
})

test('the role of the answerer', () => {
  const setup = (value: 'active' | 'passive' | 'actpass') =>
    remoteTransport({ ...answer, fingerprints: [{ hash: 'sha-256', value: 'AA', setup: value }] }).setup
  assert.deepEqual([setup('active'), setup('passive'), setup('actpass')], ['active', 'passive', 'active'])
})

test('an answer without credentials or fingerprint is refused', () => {
  const refused = { code: 'PARLEY_BRIDGE', reason: 'bad-request' }
  assert.throws(() => remoteTransport({ ...answer, fingerprints: [] }), refused)
  assert.throws(() => remoteTransport({ ...answer, ufrag: '' }), refused)
  assert.throws(() => remoteTransport({ ...answer, pwd: '' }), refused)
})
