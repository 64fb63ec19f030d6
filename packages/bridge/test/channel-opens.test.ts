import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Meeting } from './meeting.ts'

test('the URL of the offer opens the channel, others are told why not', async () => {
  const meeting = new Meeting()
  const a = await meeting.join('aaaa')
  const { path, query } = a.url
  assert.match(`${path}?${query}`, /^\/colibri-ws\/jvb1\/room1\/aaaa\?pwd=[\w-]{32}$/)
  const status = (p: string, q: string) => {
    const authorization = meeting.bridge.authorizeChannel(p, q)
    return authorization.kind === 'accepted' ? 'accepted' : authorization.status
  }
  assert.equal(status(path, query), 'accepted')
  assert.equal(status(path, `?${query}`), 'accepted')
  assert.equal(status(path, 'pwd=wrong'), 403)
  assert.equal(status(path, query.slice(0, -1)), 403)
  assert.equal(status(path, `${query}x`), 403)
  assert.equal(status(path, ''), 403)
  assert.equal(status(path.replace('jvb1', 'jvb2'), query), 404)
  assert.equal(status(path.replace('room1', 'room2'), query), 404)
  assert.equal(status(path.replace('aaaa', 'bbbb'), query), 404)
  assert.equal(status('/elsewhere', query), 404)
})

test("one participant's password does not open another's channel", async () => {
  const meeting = new Meeting()
  const a = await meeting.join('aaaa')
  const b = await meeting.join('bbbb')
  const authorization = meeting.bridge.authorizeChannel(a.url.path, b.url.query)
  assert.equal(authorization.kind === 'refused' && authorization.status, 403)
})

test('on open the client learns the state of the conference, in the order of the protocol', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  const silent = await meeting.join('cccc')
  a.speak(600)
  for (const participant of [a, b]) meeting.engine.transports.get(participant.transport)!.idleMs = 20
  meeting.timers.advance(16_000)
  b.received.length = 0
  b.open()
  assert.deepEqual(b.received, [
    { colibriClass: 'ServerHello', version: 'Parley' },
    { colibriClass: 'SenderSourceConstraints', sourceName: 'bbbb-v0', maxHeight: 720 },
    { colibriClass: 'ForwardedSources', forwardedSources: ['aaaa-v0'] },
    { colibriClass: 'EndpointConnectivityStatusChangeEvent', endpoint: silent.id, active: false },
    {
      colibriClass: 'DominantSpeakerEndpointChangeEvent',
      dominantSpeakerEndpoint: 'aaaa',
      previousSpeakers: [],
      silence: false,
    },
  ])
})

test('a new socket replaces the old one, whose late words and end change nothing', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  const oldSocket = a.socket
  const closes: [number, string][] = []
  const authorization = meeting.bridge.authorizeChannel(a.url.path, a.url.query)
  assert.ok(authorization.kind === 'accepted')
  const sent: string[] = []
  meeting.bridge.attachChannel(authorization.ticket, {
    send: (text) => sent.push(text),
    close: (code, reason) => closes.push([code, reason]),
    bufferedBytes: () => 0,
  })
  assert.deepEqual(a.closed, { code: 1000, reason: 'replaced' })
  oldSocket?.onText('{"colibriClass":"EndpointMessage","to":"","msgPayload":{}}')
  oldSocket?.onClose()
  assert.deepEqual(b.take('EndpointMessage'), [])
  assert.equal(meeting.bridge.stats().channels, 2)
  b.say({ colibriClass: 'EndpointMessage', to: 'aaaa', msgPayload: { n: 1 } })
  assert.deepEqual(JSON.parse(sent.at(-1) ?? ''), {
    colibriClass: 'EndpointMessage',
    to: 'aaaa',
    msgPayload: { n: 1 },
    from: 'bbbb',
  })
  assert.deepEqual(closes, [])
})

test('an endpoint that goes between authorisation and upgrade closes the socket', async () => {
  const meeting = new Meeting()
  const a = await meeting.join('aaaa')
  const authorization = meeting.bridge.authorizeChannel(a.url.path, a.url.query)
  assert.ok(authorization.kind === 'accepted')
  // Gone, and somebody else under the same name since.
  await a.leave()
  await meeting.join('aaaa')
  const closes: [number, string][] = []
  const handlers = meeting.bridge.attachChannel(authorization.ticket, {
    send: () => assert.fail('nothing may be sent'),
    close: (code, reason) => closes.push([code, reason]),
    bufferedBytes: () => 0,
  })
  handlers.onText('{"colibriClass":"ClientHello"}')
  handlers.onClose()
  assert.deepEqual(closes, [[1001, 'endpoint closed']])
})

test('ClientHello is answered', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  a.take('ServerHello')
  a.say({ colibriClass: 'ClientHello' })
  assert.equal(a.take('ServerHello').length, 1)
})
