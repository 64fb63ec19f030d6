import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MappedAddresses } from './mapped-addresses.ts'
import type { MappedAddress, StunServer } from './mapped-addresses.ts'

const names: Readonly<Record<string, readonly string[]>> = {
  'stun.example': ['192.0.2.1', '2001:db8::1'],
  'other.example': ['192.0.2.2'],
}

/** Where `moving.example` leads at present. */
let moving = ''

class Case {
  readonly asked: string[] = []
  readonly changes: string[][] = []
  readonly silences: (readonly string[])[] = []
  readonly delays: number[] = []
  readonly mapped: MappedAddresses
  #next: () => void = () => {}

  constructor(...servers: readonly StunServer[]) {
    this.mapped = new MappedAddresses({
      servers,
      engine: { askStunServer: ({ ip, port }) => void this.asked.push(`${ip} ${port}`) },
      resolve: async (host) =>
        (host === 'moving.example' ? [moving] : names[host]) ?? Promise.reject(new Error('ENOTFOUND')),
      onChange: (addresses: readonly MappedAddress[]) =>
        void this.changes.push(addresses.map(({ ip, port }) => `${ip} ${port}`)),
      onSilence: (silent) => void this.silences.push(silent),
      after: (delayMs, run) => {
        this.delays.push(delayMs)
        this.#next = run
        return () => {
          this.#next = () => {}
        }
      },
    })
  }

  answer(server: string, address?: string): void {
    this.mapped.onEngineEvents([{ type: 'mapped-address', server, ...(address !== undefined && { address }) }])
  }

  async nextRound(): Promise<void> {
    this.#next()
    await settled()
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

test('every address of every server is asked, and what they say is told once', async () => {
  const c = new Case({ host: 'stun.example', port: 3478 }, { host: 'other.example', port: 443 })
  await settled()
  assert.deepEqual(c.asked, ['192.0.2.1 3478', '2001:db8::1 3478', '192.0.2.2 443'])
  c.answer('192.0.2.1:3478', '203.0.113.7:40000')
  c.answer('[2001:db8::1]:3478', '[2001:db8::7]:10000')
  c.answer('192.0.2.2:443', '203.0.113.7:40000')
  assert.deepEqual(c.changes, [['203.0.113.7 40000'], ['203.0.113.7 40000', '2001:db8::7 10000']])
  assert.deepEqual(c.silences, [])
})

test('a change of address is told in a later round; silence then changes nothing', async () => {
  const c = new Case({ host: 'other.example', port: 443 })
  await settled()
  c.answer('192.0.2.2:443', '203.0.113.7:40000')
  await c.nextRound()
  c.answer('192.0.2.2:443', '203.0.113.8:40000')
  await c.nextRound()
  c.answer('192.0.2.2:443')
  assert.deepEqual(c.changes, [['203.0.113.7 40000'], ['203.0.113.8 40000']])
  assert.deepEqual(c.silences, [['other.example:443']])
  assert.ok(c.delays.every((delayMs) => delayMs >= 60_000 && delayMs < 300_000))
})

test('what a server said is forgotten when its name has led elsewhere and the new one has answered', async () => {
  moving = '192.0.2.11'
  const c = new Case({ host: 'moving.example', port: 1 })
  for (let round = 1; round <= 6; round++) {
    moving = `192.0.2.${10 + round}`
    await (round === 1 ? settled() : c.nextRound())
    c.answer(`${moving}:1`, `203.0.113.${round}:10000`)
  }
  assert.deepEqual(c.changes.at(-1), ['203.0.113.6 10000'])
  moving = '192.0.2.99'
  await c.nextRound()
  c.answer('192.0.2.99:1')
  assert.deepEqual(c.changes.at(-1), ['203.0.113.6 10000'], 'silence says nothing')
})

test('that nobody answers is told once, until somebody does', async () => {
  const c = new Case({ host: 'other.example', port: 443 }, { host: 'unknown.example', port: 1 })
  await settled()
  c.answer('192.0.2.2:443')
  await c.nextRound()
  c.answer('192.0.2.2:443')
  assert.deepEqual(c.silences, [['other.example:443', 'unknown.example:1']])
  await c.nextRound()
  c.answer('192.0.2.2:443', '203.0.113.7:1')
  await c.nextRound()
  c.answer('192.0.2.2:443')
  assert.equal(c.silences.length, 2)
})

test('a name that nobody knows is silence, and the next round asks again', async () => {
  const c = new Case({ host: 'unknown.example', port: 3478 })
  await settled()
  assert.deepEqual(c.silences, [['unknown.example:3478']])
  assert.equal(c.delays.length, 1)
})

test('answers that nobody asked for are ignored, and after closing nobody is asked', async () => {
  const c = new Case({ host: 'other.example', port: 443 })
  await settled()
  c.answer('198.51.100.1:1', '203.0.113.66:1')
  assert.deepEqual(c.changes, [])
  c.mapped.close()
  await c.nextRound()
  assert.equal(c.asked.length, 1)
})

test('without servers nothing happens', async () => {
  const c = new Case()
  await settled()
  assert.deepEqual([c.asked, c.silences, c.delays], [[], [], []])
})
