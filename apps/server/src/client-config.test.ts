import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { clientConfigScript } from './client-config.ts'

test('the script defines a plain object that names the addresses of the visitor', () => {
  const sandbox: { config?: unknown } = {}
  const xmpp = { domain: 'meet.example', mucDomain: 'muc.meet.example', authDomain: 'auth.meet.example' }
  runInNewContext(clientConfigScript(xmpp, 'https://host:8443'), sandbox)
  const config = JSON.parse(JSON.stringify(sandbox.config)) as Record<string, unknown>
  assert.deepEqual(config.hosts, { domain: 'meet.example', muc: 'muc.meet.example', focus: 'focus.meet.example' })
  assert.equal(config.websocket, 'wss://host:8443/xmpp-websocket')
  assert.equal(config.bosh, undefined)
  assert.deepEqual(config.p2p, { enabled: false })
  assert.equal((config.flags as Record<string, unknown>).ssrcRewritingEnabled, false)
  assert.deepEqual(config.bridgeChannel, { preferSctp: false })
})
