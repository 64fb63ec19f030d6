import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VISITOR_BASE, withVisitorAddress } from './visitor-address.ts'

test("an offer names the bridge under the visitor's own address, everything else passes unchanged", () => {
  const sent: string[] = []
  const inner = { send: (text: string) => sent.push(text), close: () => {}, bufferedBytes: () => 7 }
  const channel = withVisitorAddress(inner, 'https://192.0.2.1:8443')
  channel.send(`<web-socket url="${VISITOR_BASE}/colibri-ws/a/b/c?pwd=d"/>`)
  channel.send('<message>wss://visitor.example</message>')
  assert.deepEqual(sent, [
    '<web-socket url="wss://192.0.2.1:8443/colibri-ws/a/b/c?pwd=d"/>',
    '<message>wss://visitor.example</message>',
  ])
  assert.equal(channel.bufferedBytes(), 7)
})
