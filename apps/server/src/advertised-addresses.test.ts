import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  advertisedAddresses,
  advertisedTcpAddresses,
  learnedAddresses,
  learnedTcpAddresses,
} from './advertised-addresses.ts'

const interfaces = [
  { address: '127.0.0.1', internal: true },
  { address: 'fe80::1', internal: false },
  { address: 'fd00::5', internal: false },
  { address: '192.168.1.5', internal: false },
  { address: '203.0.113.5', internal: false },
]
const none = { advertisedAddresses: [], advertisesPrivateAddresses: true }

test('without a setting the addresses of the machine are used, IPv4 first', () => {
  assert.deepEqual(advertisedAddresses(none, interfaces, 10000), [
    { ip: '192.168.1.5', port: 10000 },
    { ip: '203.0.113.5', port: 10000 },
    { ip: 'fd00::5', port: 10000 },
  ])
})

test('given addresses come first, with their own ports; private ones may join them', () => {
  const given = [{ ip: '198.51.100.7', port: 20000 }, { ip: '192.168.1.5' }]
  assert.deepEqual(
    advertisedAddresses({ advertisedAddresses: given, advertisesPrivateAddresses: true }, interfaces, 10000),
    [
      { ip: '198.51.100.7', port: 20000 },
      { ip: '192.168.1.5', port: 10000 },
      { ip: 'fd00::5', port: 10000 },
    ],
  )
  assert.deepEqual(
    advertisedAddresses({ advertisedAddresses: given, advertisesPrivateAddresses: false }, interfaces, 10000),
    [
      { ip: '198.51.100.7', port: 20000 },
      { ip: '192.168.1.5', port: 10000 },
    ],
  )
})

test('a machine without a network serves itself', () => {
  assert.deepEqual(advertisedAddresses(none, interfaces.slice(0, 2), 9), [{ ip: '127.0.0.1', port: 9 }])
})

test('TCP is offered at the same addresses, under its own ports', () => {
  const given = [{ ip: '198.51.100.7', port: 20000 }]
  const settings = { advertisesPrivateAddresses: true, tcp: { port: 4443, mappedPort: 443 } }
  assert.deepEqual(advertisedTcpAddresses({ ...settings, advertisedAddresses: given }, interfaces, 4443), [
    { ip: '198.51.100.7', port: 443 },
    { ip: '192.168.1.5', port: 4443 },
    { ip: 'fd00::5', port: 4443 },
  ])
  const unmapped = { ...settings, advertisedAddresses: given, tcp: { port: 4443, mappedPort: undefined } }
  assert.equal(advertisedTcpAddresses(unmapped, interfaces, 4443)[0]?.port, 4443)
  const own = advertisedTcpAddresses({ ...settings, advertisedAddresses: [] }, interfaces, 4443)
  assert.deepEqual(
    own.map(({ port }) => port),
    [443, 443, 443],
  )
})

test('learned addresses are offered with the own address behind them, unless they are offered already', () => {
  const offered = [{ ip: '203.0.113.5', port: 10000 }]
  const learned = [...offered, { ip: '198.51.100.9', port: 40000 }, { ip: '2001:db8::9', port: 10000 }]
  assert.deepEqual(learnedAddresses(learned, offered, interfaces, 10000), [
    { ip: '198.51.100.9', port: 40000, base: { ip: '192.168.1.5', port: 10000 } },
    { ip: '2001:db8::9', port: 10000, base: { ip: 'fd00::5', port: 10000 } },
  ])
  assert.deepEqual(learnedAddresses([{ ip: '198.51.100.9', port: 1 }], [], [], 10000)[0]?.base, {
    ip: '0.0.0.0',
    port: 10000,
  })
})

test('TCP is offered at a learned address when its NAT left the UDP port as it was', () => {
  const learned = [
    { ip: '198.51.100.9', port: 10000 },
    { ip: '198.51.100.8', port: 40000 },
    { ip: '203.0.113.5', port: 10000 },
  ]
  const offered = [{ ip: '203.0.113.5', port: 10000 }]
  assert.deepEqual(learnedTcpAddresses(learned, offered, { udp: 10000, tcp: 443 }), [{ ip: '198.51.100.9', port: 443 }])
})
