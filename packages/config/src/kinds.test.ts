import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressList, domainName, duration, hostList, origin, port, ValueError, yesNo } from './kinds.ts'
import type { Kind } from './kinds.ts'

function accepts<T>(kind: Kind<T>, text: string, value: T): void {
  assert.deepEqual(kind.parse(text), value, text)
}

function refuses(kind: Kind<unknown>, ...texts: string[]): void {
  for (const text of texts) assert.throws(() => kind.parse(text), ValueError, text)
}

test('yes and no in every spelling people use', () => {
  for (const text of ['1', 't', 'T', 'true', 'TRUE', 'True', 'yes', 'on']) accepts(yesNo(), text, true)
  for (const text of ['0', 'f', 'F', 'false', 'FALSE', 'no', 'off', 'disabled']) accepts(yesNo(), text, false)
  refuses(yesNo(), 'maybe', '2', '-')
})

test('ports', () => {
  accepts(port(), '0', 0)
  accepts(port(), '65535', 65535)
  refuses(port(), '65536', '-1', '1.5', '0x10', '8443/tcp', ' ')
})

test('durations', () => {
  const kind = duration({ minMs: 0, maxMs: 3_600_000 })
  accepts(kind, '5', 5000)
  accepts(kind, '500ms', 500)
  accepts(kind, '1.5 s', 1500)
  accepts(kind, '2 minutes', 120_000)
  accepts(kind, '1h', 3_600_000)
  refuses(kind, '2h', '5 parsecs', '', '-1s', 's')
})

test('an origin is normalised, a path is refused', () => {
  accepts(origin(), 'https://Meet.Example/', 'https://meet.example')
  accepts(origin(), 'meet.example:8443', 'https://meet.example:8443')
  accepts(origin(), 'http://localhost:8000', 'http://localhost:8000')
  accepts(origin(), 'https://meet.example:443', 'https://meet.example')
  refuses(origin(), 'https://meet.example/meet', 'ftp://x', 'https://u:p@x', 'https://x?y', '', 'https://')
})

test('domain names', () => {
  accepts(domainName(), 'Meet.Jitsi', 'meet.jitsi')
  refuses(domainName(), '', 'a..b', '-a.b', 'a b', 'ä.example', 'a/b', `${'a'.repeat(64)}.b`)
})

test('address lists', () => {
  accepts(addressList(), '192.0.2.1, 2001:db8::1#4000,', [{ ip: '192.0.2.1' }, { ip: '2001:db8::1', port: 4000 }])
  accepts(addressList(), ',', [])
  refuses(
    addressList(),
    'host',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4:5',
    '1.2.3.4#0',
    '1.2.3.4#',
    '1.2.3.4#1#2',
    ':::',
    'g::',
  )
  refuses(addressList(), Array.from({ length: 33 }, (_, index) => `10.0.0.${index}`).join(','))
})

test('lists of hosts have names, addresses and ports', () => {
  const kind = hostList(3478)
  assert.deepEqual(kind.parse('Stun.example.org:443, 192.0.2.1,[2001:db8::1]:5349,'), [
    { host: 'stun.example.org', port: 443 },
    { host: '192.0.2.1', port: 3478 },
    { host: '2001:db8::1', port: 5349 },
  ])
  const text = 'stun.example.org:443,192.0.2.1:3478,[2001:db8::1]:5349'
  assert.equal(kind.format(kind.parse(text)), text)
  for (const bad of ['a b', 'x:0', 'x:70000', '2001:db8::1', '[x]', '256.1.1.1', 'http://x', 'x:1:2', '-x', '[::1']) {
    refuses(kind, bad)
  }
  refuses(kind, Array.from({ length: 9 }, (_, index) => `h${index}`).join(','))
})

test('what is printed reads back as the same value', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 600_000 }), (valueMs) => {
      const kind = duration({ minMs: 0, maxMs: 600_000 })
      assert.equal(kind.parse(kind.format(valueMs)), valueMs)
    }),
  )
  const addresses = fc.array(
    fc
      .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }))
      .map(([ip, port]) => (port === undefined ? { ip } : { ip, port })),
    { maxLength: 32 },
  )
  fc.assert(
    fc.property(addresses, (value) => assert.deepEqual(addressList().parse(addressList().format(value)), value)),
  )
})

test('any text is either a value or a ValueError', () => {
  const kinds: Kind<unknown>[] = [
    yesNo(),
    port(),
    origin(),
    domainName(),
    addressList(),
    hostList(1),
    duration({ minMs: 0, maxMs: 1 }),
  ]
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...kinds), (text, kind) => {
      try {
        kind.parse(text)
      } catch (error) {
        assert.ok(error instanceof ValueError)
      }
    }),
  )
})
