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

test('a TCP address waits for connections, and is worth less than any UDP address', () => {
  const addresses = Array.from({ length: 15 }, (_, i) => ({ ip: `203.0.113.${i}`, port: 10000 }))
  const { candidates } = describeTransport({
    local: { id: 1 as TransportId, iceUfrag: 'ufrag', icePwd: 'pwd' },
    fingerprint: 'AB:CD',
    addresses: [...addresses, { ip: '203.0.113.0', port: 4443, protocol: 'tcp' }],
    webSocketPath: '/',
  })
  const tcp = candidates.at(-1)
  assert.deepEqual(
    [tcp?.protocol, tcp?.tcpType, tcp?.type, tcp?.ip, tcp?.port],
    ['tcp', 'passive', 'host', '203.0.113.0', 4443],
  )
  assert.equal(Math.floor((tcp?.priority ?? 0) / 2 ** 24), 90)
  assert.equal(Math.floor(((tcp?.priority ?? 0) % 2 ** 24) / 2 ** 21), 4)
  assert.ok(candidates.slice(0, -1).every(({ priority }) => priority > (tcp?.priority ?? Infinity)))
  assert.equal(new Set(candidates.map(({ foundation }) => foundation)).size, candidates.length)
})

test('an address that a NAT shows to the outside is server-reflexive', () => {
  const base = { ip: '10.0.0.5', port: 10000 }
  const { candidates } = describeTransport({
    local: { id: 1 as TransportId, iceUfrag: 'ufrag', icePwd: 'pwd' },
    fingerprint: 'AB:CD',
    addresses: [base, { ip: '203.0.113.7', port: 40000, base }],
    webSocketPath: '/',
  })
  assert.deepEqual(candidates[1], {
    foundation: '2',
    component: 1,
    protocol: 'udp',
    priority: candidatePriority(100, 65534, 1),
    ip: '203.0.113.7',
    port: 40000,
    type: 'srflx',
    relatedAddress: '10.0.0.5',
    relatedPort: 10000,
  })
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
