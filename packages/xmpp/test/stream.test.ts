import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NS } from '@parley/protocol'
import { domain, errorXml, World } from './world.ts'

const open = `<open xmlns="${NS.framing}" to="${domain}" version="1.0"/>`
const auth = `<auth xmlns="${NS.sasl}" mechanism="ANONYMOUS"/>`
const close = `<close xmlns="${NS.framing}" />`
const bind = `<iq type="set" id="_bind_auth_2" xmlns="jabber:client"><bind xmlns="${NS.bind}"/></iq>`
const streamNs = `xmlns:stream="${NS.streams}"`

function streamError(condition: string, text: string): string {
  const words = `<text xmlns="${NS.streamErrors}">${text}</text>`
  return `<stream:error ${streamNs}><${condition} xmlns="${NS.streamErrors}"/>${words}</stream:error>`
}

test('the frames of a login, to the letter', () => {
  const client = new World().socket()
  client.send(open)
  assert.deepEqual(client.takeFrames(), [
    `<open xmlns="${NS.framing}" from="${domain}" id="00000001-1111-4222-8333-444444444444" version="1.0" xml:lang="en"/>`,
    `<stream:features ${streamNs}><mechanisms xmlns="${NS.sasl}"><mechanism xmlns="${NS.sasl}">ANONYMOUS</mechanism></mechanisms></stream:features>`,
  ])
  client.send(auth)
  assert.deepEqual(client.takeFrames(), [`<success xmlns="${NS.sasl}"/>`])
  client.send(open)
  assert.deepEqual(client.takeFrames(), [
    `<open xmlns="${NS.framing}" from="${domain}" id="00000003-1111-4222-8333-444444444444" version="1.0" xml:lang="en"/>`,
    `<stream:features ${streamNs}><bind xmlns="${NS.bind}"/></stream:features>`,
  ])
  client.send(bind)
  const jid = `00000002-1111-4222-8333-444444444444@${domain}/0000000411114222`
  assert.deepEqual(client.takeFrames(), [
    `<iq xmlns="jabber:client" type="result" id="_bind_auth_2"><bind xmlns="${NS.bind}"><jid xmlns="${NS.bind}">${jid}</jid></bind></iq>`,
  ])
  assert.deepEqual(client.closes, [])
})

test('a client may choose its resource', () => {
  const client = new World().socket()
  for (const frame of [open, auth, open]) client.send(frame)
  client.takeFrames()
  client.send(`<iq type="set" id="1"><bind xmlns="${NS.bind}"><resource>phone</resource></bind></iq>`)
  client.receives(
    `<iq type="result" id="1"><bind xmlns="${NS.bind}">
     <jid>00000002-1111-4222-8333-444444444444@${domain}/phone</jid></bind></iq>`,
  )
})

test('a closed stream is answered in the exact spelling, then the socket closes', () => {
  const world = new World()
  const client = world.client()
  client.send(close)
  assert.deepEqual(client.takeFrames(), [close])
  assert.deepEqual(client.closes, [{ code: 1000, reason: 'stream closed' }])
  assert.equal(world.server.statistics().connections, 0)
  client.send('<presence/>')
  client.disconnect()
  assert.deepEqual(client.takeFrames(), [])
})

const before: Record<string, readonly string[]> = {
  opening: [],
  authenticating: [open],
  reopening: [open, auth],
  binding: [open, auth, open],
  bound: [open, auth, open, bind],
}

/** State, frame, the one error. */
const refused: readonly (readonly [state: string, frame: string, condition: string, text: string])[] = [
  ['opening', '<iq type="get" id="1"/>', 'not-authorized', 'expected &lt;open&gt;'],
  ['opening', `<stream:stream xmlns:stream="${NS.streams}"/>`, 'invalid-namespace', 'expected &lt;open&gt;'],
  ['opening', `<open to="${domain}" version="1.0"/>`, 'invalid-namespace', `&lt;open&gt; belongs to ${NS.framing}`],
  ['opening', `<open xmlns="${NS.framing}" to="other.example" version="1.0"/>`, 'host-unknown', `this is ${domain}`],
  ['opening', `<open xmlns="${NS.framing}" version="1.0"/>`, 'host-unknown', `this is ${domain}`],
  ['opening', `<open xmlns="${NS.framing}" to="${domain}"/>`, 'unsupported-version', 'version must be 1.0'],
  ['opening', 'GET / HTTP/1.1', 'not-well-formed', 'any'],
  ['authenticating', '<presence/>', 'not-authorized', '&lt;presence&gt; is too early'],
  ['authenticating', bind, 'not-authorized', '&lt;iq&gt; is too early'],
  ['authenticating', open, 'not-authorized', '&lt;open&gt; is too early'],
  ['reopening', bind, 'not-authorized', 'expected &lt;open&gt; after authentication'],
  ['binding', '<message to="a@b"><body>x</body></message>', 'not-authorized', '&lt;message&gt; is too early'],
  [
    'binding',
    `<iq xmlns="urn:x" type="set" id="1"><bind xmlns="${NS.bind}"/></iq>`,
    'invalid-namespace',
    '&lt;iq&gt; belongs to jabber:client',
  ],
  [
    'bound',
    '<iq xmlns="jabber:server" type="get" id="1"><x/></iq>',
    'invalid-namespace',
    '&lt;iq&gt; belongs to jabber:client',
  ],
  ['bound', '<hello/>', 'unsupported-stanza-type', '&lt;hello&gt; is not expected here'],
  ['bound', '<enable xmlns="urn:xmpp:sm:3"/>', 'unsupported-stanza-type', '&lt;enable&gt; is not expected here'],
  ['bound', open, 'unsupported-stanza-type', '&lt;open&gt; is not expected here'],
  ['bound', '<message><body></message>', 'not-well-formed', 'any'],
  ['bound', '<presence/><presence/>', 'not-well-formed', 'any'],
  ['bound', '<!DOCTYPE a [<!ENTITY x "y">]><presence/>', 'restricted-xml', 'any'],
  ['bound', '<presence><!-- hello --></presence>', 'restricted-xml', 'any'],
  ['bound', `${'<presence>'.repeat(33)}${'</presence>'.repeat(33)}`, 'policy-violation', 'any'],
  ['bound', `<message><body>${'x'.repeat(300_000)}</body></message>`, 'policy-violation', 'any'],
  ['bound', '<presence from="someone@else.example"/>', 'invalid-from', 'any'],
  [
    'bound',
    `<message to="a@${domain}"><stream:error xmlns:stream="${NS.streams}"/></message>`,
    'invalid-namespace',
    'any',
  ],
]

for (const [state, frame, condition, text] of refused) {
  test(`${state}: ${frame.slice(0, 70)} → ${condition}`, () => {
    const world = new World()
    const bystander = world.client()
    const client = world.socket()
    for (const earlier of before[state] ?? []) client.send(earlier)
    client.takeFrames()
    client.send(frame)
    const frames = client.takeFrames()
    // an error before our <open> has to open the stream first (RFC 7395 §3.5)
    if (state === 'opening') assert.match(frames.shift() ?? '', /^<open /)
    assert.equal(frames[1], close)
    assert.equal(frames.length, 2)
    const wanted = streamError(condition, text)
    assert.equal(text === 'any' ? frames[0]?.replace(/(<text[^>]*>).*?(<\/text>)/s, '$1any$2') : frames[0], wanted)
    assert.deepEqual(client.closes, [{ code: 1008, reason: condition }])
    client.send('<presence/>')
    assert.deepEqual(client.takeFrames(), [])
    bystander.receivesNothing()
    assert.equal(world.server.statistics().connections, 1)
  })
}

test('a binary frame is no XMPP', () => {
  const client = new World().client()
  client.sendBinary()
  const [error, end] = client.takeFrames()
  assert.equal(error, streamError('unsupported-encoding', 'binary frames are not XMPP'))
  assert.equal(end, close)
  assert.deepEqual(client.closes, [{ code: 1003, reason: 'unsupported-encoding' }])
})

test('whoever does not bind in 15 s is closed, whoever does is not', () => {
  const world = new World()
  const silent = world.socket()
  const slow = world.socket()
  for (const frame of [open, auth, open]) slow.send(frame)
  const quick = world.client()
  silent.takeFrames()
  slow.takeFrames()
  assert.equal(world.pendingTimers, 2)
  world.advance(14_999)
  assert.deepEqual(silent.closes, [])
  world.advance(1)
  const error = streamError('connection-timeout', 'no resource was bound in time')
  assert.deepEqual(silent.takeFrames().slice(1), [error, close])
  assert.deepEqual(slow.takeFrames(), [error, close])
  assert.deepEqual(quick.closes, [])
  assert.equal(world.server.statistics().connections, 1)
  assert.equal(world.pendingTimers, 0)
})

test('SASL: unknown mechanisms fail, three times, then the stream ends', () => {
  const client = new World().socket()
  client.send(open)
  client.takeFrames()
  const failure = (condition: string) => `<failure xmlns="${NS.sasl}"><${condition}/></failure>`
  client.send(`<auth xmlns="${NS.sasl}" mechanism="PLAIN">AGEAYg==</auth>`)
  client.receives(failure('invalid-mechanism'))
  client.send(`<auth xmlns="${NS.sasl}" mechanism="ANONYMOUS">%%%</auth>`)
  client.receives(failure('incorrect-encoding'))
  client.send(`<response xmlns="${NS.sasl}"/>`)
  client.receives(failure('malformed-request'))
  client.send(auth)
  assert.equal(client.takeFrames()[0], streamError('policy-violation', 'too many attempts to authenticate'))
})

test('faulty stanzas get one stanza error and the stream lives', () => {
  const world = new World()
  const client = world.client()
  const account = client.jid
  client.send('<iq type="get" to="meet.example"><ping xmlns="urn:xmpp:ping"/></iq>')
  client.receives(
    `<iq type="error" from="meet.example" to="${account}">${errorXml('modify', 'bad-request', 'an iq needs an id')}</iq>`,
  )
  client.send('<iq id="2" to="meet.example"><ping xmlns="urn:xmpp:ping"/></iq>')
  client.receives(
    `<iq type="error" id="2" from="meet.example" to="${account}">${errorXml('modify', 'bad-request', 'an iq needs a type')}</iq>`,
  )
  client.send('<iq id="3" type="get" to="meet.example"/>')
  client.receives(
    `<iq type="error" id="3" from="meet.example" to="${account}">${errorXml('modify', 'bad-request', 'a request has exactly one payload')}</iq>`,
  )
  client.send('<message id="4" type="shout" to="meet.example"/>')
  client.receives(
    `<message type="error" id="4" from="meet.example" to="${account}">${errorXml('modify', 'bad-request', 'message has no type "shout"')}</message>`,
  )
  client.send('<message id="5" to="a@b@c"/>')
  client.receives(
    `<message type="error" id="5" from="a@b@c" to="${account}">${errorXml('modify', 'jid-malformed', '"a@b@c" is no address')}</message>`,
  )
  client.send('<message id="6" type="error" to="a@b@c"/>')
  client.receivesNothing()
  client.send(`<iq type="set" id="7"><bind xmlns="${NS.bind}"/></iq>`)
  client.receives(
    `<iq type="error" id="7" to="${account}">${errorXml('cancel', 'not-allowed', 'a resource is bound already')}</iq>`,
  )
  client.send('<iq type="set" id="8"><session xmlns="urn:ietf:params:xml:ns:xmpp-session"/></iq>')
  client.receives(`<iq type="result" id="8" to="${account}"/>`)
  client.send(`<iq type="get" id="9" to="meet.example" from="${client.jid}"><ping xmlns="urn:xmpp:ping"/></iq>`)
  client.receives(`<iq type="result" id="9" from="meet.example" to="${account}"/>`)
  assert.deepEqual(client.closes, [])
})

test('a flood of stanzas ends one stream', () => {
  const world = new World({ limits: { stream: { stanzaRate: { perSecond: 10, burst: 50 } } } })
  const steady = world.client()
  const flooder = world.client()
  for (let second = 0; second < 20; second++) {
    for (let i = 0; i < 10; i++) steady.send('<presence/>')
    world.advance(1000)
  }
  assert.deepEqual(steady.closes, [])
  for (let i = 0; i < 51; i++) flooder.send('<presence/>')
  assert.deepEqual(flooder.closes, [{ code: 1008, reason: 'policy-violation' }])
  assert.deepEqual(steady.closes, [])
})

test('a client that does not read is closed, and leaves its room', () => {
  const world = new World({ limits: { maxBufferedBytes: 1000 } })
  const room = 'r1@muc.meet.example'
  world.focus(room)
  const ada = world.occupant(room)
  const stuck = world.occupant(room, '', [ada])
  stuck.buffered = 1001
  ada.send(`<message type="groupchat" to="${room}"><body>hello</body></message>`)
  assert.deepEqual(stuck.closes, [{ code: 1008, reason: 'resource-constraint' }])
  const heard = ada.take()
  assert.deepEqual(
    heard.map((stanza) => stanza.attrs.type),
    ['groupchat', 'unavailable'],
  )
})

test('a socket that throws is a lost socket', () => {
  const world = new World()
  const room = 'r1@muc.meet.example'
  world.focus(room)
  const ada = world.occupant(room)
  const broken = world.occupant(room, '', [ada])
  broken.isBroken = true
  ada.send(`<message type="groupchat" to="${room}"><body>hello</body></message>`)
  assert.deepEqual(
    ada.take().map((stanza) => stanza.attrs.type),
    ['groupchat', 'unavailable'],
  )
  broken.disconnect()
  assert.equal(world.server.statistics().connections, 1)
})

test('a full server refuses with 1013, a stopped one too, and stopping tells everybody', async () => {
  const world = new World({ limits: { maxConnections: 1 } })
  const client = world.client()
  assert.deepEqual(world.socket().closes, [{ code: 1013, reason: 'too many connections' }])
  world.server.close()
  world.server.close()
  world.settle()
  assert.deepEqual(client.takeFrames(), [streamError('system-shutdown', 'the server stops'), close])
  assert.deepEqual(client.closes, [{ code: 1001, reason: 'system-shutdown' }])
  assert.deepEqual(world.socket().closes, [{ code: 1013, reason: 'the server stops' }])
  assert.deepEqual(world.server.statistics(), { users: 0, queued: 0, dropped: 0, connections: 0, rooms: 0 })
  assert.equal(world.pendingTimers, 0)
})
