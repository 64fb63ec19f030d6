import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serialize } from '@parley/protocol'
import { aliceJid, Conversation, loginFrames } from './conversation.ts'

test('logs in anonymously and binds an address', async () => {
  const conversation = new Conversation()
  const connecting = conversation.connect()
  assert.equal(conversation.socket.url, 'wss://meet.example/xmpp-websocket')
  assert.equal(conversation.socket.protocol, 'xmpp')
  conversation.socket.accept()
  const open = '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="meet.example" version="1.0"/>'
  assert.equal(serialize(await conversation.hearsOne('open')), open)
  await conversation.says(loginFrames[0], loginFrames[1])
  assert.equal((await conversation.hearsOne('auth')).attrs.mechanism, 'ANONYMOUS')
  await conversation.says(loginFrames[2])
  assert.equal(serialize(await conversation.hearsOne('open')), open)
  await conversation.says(loginFrames[3], loginFrames[4])
  assert.equal((await conversation.hearsOne('iq')).attrs.type, 'set')
  await conversation.says(loginFrames[5])
  const connection = await connecting
  assert.equal(connection.jid, aliceJid)
  assert.equal(connection.state, 'connected')
})

test('says goodbye on close, twice harmless', async () => {
  const conversation = new Conversation()
  const connection = await conversation.logIn()
  const reasons: unknown[] = []
  connection.subscribe('closed', (error) => reasons.push(error))
  await Promise.all([connection.close(), connection.close()])
  assert.deepEqual(
    (await conversation.hears()).map(({ name }) => name),
    ['presence', 'close'],
  )
  assert.deepEqual(reasons, [undefined])
  assert.equal(connection.state, 'closed')
  assert.equal(conversation.clock.pendingTimers, 0)
  await assert.rejects(connection.join({ room: 'r1' }), { code: 'PARLEY_CLIENT', reason: 'closed' })
})

const refusals: readonly (readonly [name: string, frames: readonly string[], reason: string])[] = [
  [
    'a server that wants a password',
    [
      loginFrames[0],
      '<stream:features xmlns:stream="http://etherx.jabber.org/streams"><mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>PLAIN</mechanism></mechanisms></stream:features>',
    ],
    'not-authorized',
  ],
  [
    'a refused token',
    [
      loginFrames[0],
      loginFrames[1],
      '<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><not-allowed/><text>token expired</text></failure>',
    ],
    'not-authorized',
  ],
  ['frames that are not XML', ['<open'], 'protocol'],
  [
    'a server that binds nothing',
    [...loginFrames.slice(0, 4), '<stream:features xmlns:stream="http://etherx.jabber.org/streams"/>'],
    'protocol',
  ],
  ['a stanza before its time', ['<message from="x"/>'], 'protocol'],
  [
    'a stream error',
    [
      '<stream:error xmlns:stream="http://etherx.jabber.org/streams"><host-unknown xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>',
    ],
    'protocol',
  ],
]

for (const [name, frames, reason] of refusals) {
  test(`does not get past ${name}`, async () => {
    const conversation = new Conversation()
    const connecting = conversation.connect()
    conversation.socket.accept()
    const failed = assert.rejects(connecting, { code: 'PARLEY_CLIENT', reason })
    await conversation.says(...frames)
    await failed
    assert.equal(conversation.socket.closedByClient, 1000)
    assert.equal(conversation.clock.pendingTimers, 0)
  })
}

test('gives up on a silent server after 15 s', async () => {
  const conversation = new Conversation()
  const failed = assert.rejects(conversation.connect(), { reason: 'timeout' })
  await conversation.clock.advance(14_999)
  assert.equal(conversation.socket.closedByClient, undefined)
  await conversation.clock.advance(1)
  await failed
  assert.equal(conversation.socket.closedByClient, 1000)
})

test('an abort closes the socket at once', async () => {
  const conversation = new Conversation()
  const controller = new AbortController()
  const { connect } = await import('../src/index.ts')
  const connecting = connect({
    serviceUrl: 'wss://meet.example/xmpp-websocket',
    domain: 'meet.example',
    mucDomain: 'muc.meet.example',
    platform: conversation.platform,
    signal: controller.signal,
  })
  controller.abort()
  await assert.rejects(connecting, { reason: 'aborted' })
  assert.equal(conversation.socket.closedByClient, 1000)
})

test('a server that stops answering is dead after two pings', async () => {
  const conversation = new Conversation()
  const connection = await conversation.logIn()
  const errors: unknown[] = []
  connection.subscribe('closed', (error) => errors.push(error))
  await conversation.clock.advance(10_000)
  const ping = await conversation.hearsOne('iq')
  assert.equal(ping.attrs.to, 'meet.example')
  await conversation.answer(ping)
  await conversation.clock.advance(10_000)
  await conversation.clock.advance(15_000)
  await conversation.clock.advance(5000)
  assert.equal(connection.state, 'closed')
  assert.equal((errors[0] as { reason: string }).reason, 'unreachable')
})

test('a change of network asks for a sign of life at once, until the connection is closed', async () => {
  const conversation = new Conversation()
  const listeners = new Set<() => void>()
  conversation.platform.onNetworkChange = (listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  const connection = await conversation.logIn()
  const changeNetwork = () => {
    for (const listener of listeners) listener()
  }
  changeNetwork()
  await conversation.answer(await conversation.hearsOne('iq'))
  changeNetwork()
  await conversation.hearsOne('iq')
  await conversation.clock.advance(6000)
  assert.equal(connection.state, 'closed')
  assert.equal(listeners.size, 0)
})

test('answers pings and feature questions, refuses the rest', async () => {
  const conversation = new Conversation()
  await conversation.logIn()
  await conversation.says(
    '<iq type="get" id="1" from="meet.example"><ping xmlns="urn:xmpp:ping"/></iq>',
    '<iq type="get" id="2" from="r@muc/focus"><query xmlns="http://jabber.org/protocol/disco#info" node="https://jitsi.org/jitsi-meet#abc"/></iq>',
    '<iq type="set" id="3" from="stranger@meet.example/x"><jingle xmlns="urn:xmpp:jingle:1" action="session-initiate" sid="p"/></iq>',
  )
  const [ping, disco, jingle] = await conversation.hears()
  assert.deepEqual([ping?.attrs.type, ping?.attrs.id, ping?.attrs.to], ['result', '1', 'meet.example'])
  assert.match(serialize(disco as never), /node="https:\/\/jitsi.org\/jitsi-meet#abc".*urn:xmpp:jingle:apps:rtp:video/)
  assert.equal(jingle?.attrs.type, 'error')
  assert.match(serialize(jingle as never), /service-unavailable/)
})
