import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TransportDescription } from '@parley/protocol'
import { Meeting, answeredTransport, cameraAndMicrophone, offeredMedia, value } from './meeting.ts'

test('a new endpoint has what an offer needs', async () => {
  const meeting = new Meeting()
  const a = await meeting.join('aaaa')
  const { transport, bridgeSources } = a.created
  assert.equal(meeting.engine.transports.get(a.transport)?.options.iceRole, 'controlling')
  assert.deepEqual(transport.fingerprints, [{ hash: 'sha-256', value: 'AB:CD:EF', setup: 'actpass' }])
  assert.deepEqual(
    transport.candidates.map((c) => `${c.ip} ${c.port} ${c.type}`),
    ['203.0.113.7 10000 host', '2001:db8::7 10000 host'],
  )
  assert.deepEqual(
    [...bridgeSources.audio, ...bridgeSources.video].map((s) => `${s.name} ${s.msid}`),
    ['jvb-a0 mixedmslabel mixedlabelaudio0', 'jvb-v0 mixedmslabel mixedlabelvideo0'],
  )
  for (const { ssrc } of [...bridgeSources.audio, ...bridgeSources.video]) assert.match(String(ssrc), /^\d{10}$/)
  // Offered parameters hold until the answer says otherwise.
  assert.equal(meeting.engine.transports.get(a.transport)?.rtp?.audioLevelExtensionId, 1)
})

test('addresses that are learned later are offered to who comes later, and at an ICE restart', async () => {
  const meeting = new Meeting()
  await meeting.join('aaaa')
  const base = { ip: '10.0.0.5', port: 10000 }
  meeting.bridge.setAdvertisedAddresses([base, { ip: '203.0.113.9', port: 40000, base }])
  const b = await meeting.join('bbbb')
  const expected = ['10.0.0.5 10000 host', '203.0.113.9 40000 srflx']
  const addresses = (transport: TransportDescription) => transport.candidates.map((c) => `${c.ip} ${c.port} ${c.type}`)
  assert.deepEqual(addresses(b.created.transport), expected)
  const restarted = await meeting.bridge.port.restartIce({ conferenceId: 'room1', endpointId: 'aaaa' })
  assert.deepEqual(addresses(value(restarted)), expected)
})

test('the permanent sources are the same for all endpoints of a conference, and others elsewhere', async () => {
  const meeting = new Meeting()
  const [a, b, c] = [await meeting.join('aaaa'), await meeting.join('bbbb'), await meeting.join('cccc', 'room2')]
  assert.deepEqual(a.created.bridgeSources, b.created.bridgeSources)
  assert.notDeepEqual(a.created.bridgeSources, c.created.bridgeSources)
})

test("the answer's transport connects once, other credentials restart ICE", async () => {
  const meeting = new Meeting()
  const a = await meeting.join('aaaa')
  await a.update({ transport: answeredTransport })
  await a.update({ transport: answeredTransport, media: offeredMedia })
  const { connects } = meeting.engine.transports.get(a.transport)!
  assert.deepEqual(connects, [
    {
      iceUfrag: 'theirs',
      icePwd: 'their-password-22-chars',
      fingerprints: [{ hash: 'sha-256', value: '01:02' }],
      setup: 'active',
    },
  ])
  await a.update({ transport: { ...answeredTransport, ufrag: 'restarted' } })
  assert.equal(connects.length, 2)
})

test('new sources reach the engine as differences', async () => {
  const meeting = new Meeting()
  const a = await meeting.join('aaaa')
  await a.update({ sources: cameraAndMicrophone('aaaa', 4_000_000_100) })
  const microphone = a.audioSource()
  assert.deepEqual(
    [...meeting.engine.sources.values()].map(({ options }) => options.encodings),
    [
      [{ ssrc: 4_000_000_100 }],
      [
        { ssrc: 4_000_000_110, rtxSsrc: 4_000_000_120 },
        { ssrc: 4_000_000_111, rtxSsrc: 4_000_000_121 },
        { ssrc: 4_000_000_112, rtxSsrc: 4_000_000_122 },
      ],
    ],
  )
  const { audio } = cameraAndMicrophone('aaaa', 4_000_000_100)
  const screen = { ssrc: 4_000_000_150, name: 'aaaa-v1', msid: 's t', videoType: 'desktop' as const }
  await a.update({ sources: { audio, video: [screen], groups: [] } })
  assert.equal(a.audioSource(), microphone, 'an unchanged source keeps its handle')
  assert.equal(meeting.engine.sources.size, 2)
  await a.update({ sources: { audio: [], video: [], groups: [] } })
  assert.equal(meeting.engine.sources.size, 0)
})

test('a refused set of sources changes nothing', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  const before = [...meeting.engine.sources.keys()]
  const bridgeSsrc = a.created.bridgeSources.video[0]?.ssrc ?? 0
  const own = cameraAndMicrophone('bbbb', 4_000_000_200)
  const one = (ssrc: number, name: string) => ({ ...own, audio: [{ ssrc, name, msid: 's t' }] })
  const cases = [
    ['source-conflict', one(4_000_000_120, 'bbbb-a0')],
    ['source-conflict', one(4_000_000_250, 'aaaa-a0')],
    ['source-conflict', one(bridgeSsrc, 'bbbb-a0')],
    ['bad-request', one(0, 'bbbb-a0')],
  ] as const
  for (const [reason, sources] of cases) {
    const outcome = await b.tryUpdate({ sources })
    assert.equal(outcome.kind === 'refused' && outcome.reason, reason)
  }
  assert.deepEqual([...meeting.engine.sources.keys()], before)
})

test('SSRCs that were given up can be used by others', async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.join('bbbb')
  await a.leave()
  await b.update({ sources: cameraAndMicrophone('bbbb', 4_000_000_100) })
  assert.equal(meeting.engine.sources.size, 2)
})

test('creating an endpoint again replaces it', async () => {
  const meeting = new Meeting()
  const old = await meeting.call('aaaa', 4_000_000_100)
  const again = await meeting.call('aaaa', 4_000_000_100)
  assert.deepEqual(old.closed, { code: 1001, reason: 'endpoint closed' })
  assert.notEqual(old.transport, again.transport)
  assert.equal(meeting.engine.transports.size, 1)
  assert.equal(meeting.engine.rooms.size, 1)
})

test('calls that cannot be are refused with a reason', async () => {
  const meeting = new Meeting({ maxEndpointsPerConference: 1, maxConferences: 1 })
  const { port } = meeting.bridge
  const request = { conferenceName: 'r@muc', media: [] }
  const reason = async (conferenceId: string, endpointId: string) => {
    const outcome = await port.createEndpoint({ ...request, conferenceId, endpointId })
    return outcome.kind === 'refused' ? outcome.reason : outcome.kind
  }
  assert.equal(await reason('room1', 'not/an/id'), 'bad-request')
  assert.equal(await reason('', 'aaaa'), 'bad-request')
  assert.equal(await reason('room1', 'aaaa'), 'done')
  assert.equal(await reason('room1', 'bbbb'), 'resource-constraint')
  assert.equal(await reason('room2', 'bbbb'), 'resource-constraint')
  const unknown = await port.updateEndpoint({ conferenceId: 'room1', endpointId: 'bbbb' })
  assert.equal(unknown.kind === 'refused' && unknown.reason, 'no-such-endpoint')
  value(await port.expireEndpoint({ conferenceId: 'nowhere', endpointId: 'bbbb' }))
  value(await port.expireConference({ conferenceId: 'nowhere' }))
})

test("the engine's refusals become outcomes", async () => {
  const meeting = new Meeting()
  await meeting.engine.close()
  const request = { conferenceId: 'room1', endpointId: 'aaaa', conferenceName: 'r@muc', media: [] }
  const outcome = await meeting.bridge.port.createEndpoint(request)
  assert.equal(outcome.kind === 'refused' && outcome.reason, 'engine-error')
  assert.equal(meeting.bridge.stats().conferences, 0)
})

test('transport states come up as events', async () => {
  const meeting = new Meeting()
  const a = await meeting.join('aaaa')
  const state = (s: 'connecting' | 'connected' | 'failed', reason?: string) =>
    meeting.bridge.onEngineEvents([
      { type: 'transport-state', transport: a.transport, state: s, ...(reason ? { reason } : {}) },
    ])
  state('connecting')
  state('connected')
  state('failed', 'consent-expired')
  const address = { type: 'endpoint-transport', conferenceId: 'room1', endpointId: 'aaaa' }
  assert.deepEqual(meeting.events, [
    { ...address, state: 'connected' },
    { ...address, state: 'failed', reason: 'consent-expired' },
  ])
  await a.leave()
  state('connected')
  assert.equal(meeting.events.length, 2)
})
