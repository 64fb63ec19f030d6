import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  child,
  childElements,
  decodeConferenceReply,
  decodeOccupantItem,
  ssrcsOf,
  type XmlElement,
} from '@parley/protocol'
import { Stage } from './stage.ts'
import { cameraAndMicrophone, conditionOf } from './test-client.ts'

test('the focus is in the room before it says ready', async () => {
  await using stage = new Stage()
  const ann = stage.client('aaaaaaaa')
  const reply = decodeConferenceReply(childElements(await ann.request())[0] as XmlElement)
  assert.deepEqual(reply, {
    room: 'r1@muc.meet.example',
    focusJid: 'focus@auth.meet.example',
    ready: true,
    properties: { authentication: 'false', 'visitors-supported': 'false' },
  })
  await ann.join()
  const focus = ann.presenceOf('focus') as XmlElement
  assert.deepEqual(decodeOccupantItem(focus), {
    affiliation: 'owner',
    role: 'moderator',
    jid: 'focus@auth.meet.example/focus',
    statusCodes: [],
  })
  const properties = child(focus, 'conference-properties', 'http://jitsi.org/protocol/focus') as XmlElement
  const values = Object.fromEntries(childElements(properties).map(({ attrs }) => [attrs.key, attrs.value]))
  assert.deepEqual(values, {
    'created-ms': '1766000000000',
    'support-terminate-restart': 'true',
    'bridge-count': '0',
  })
  assert.ok(child(focus, 'versions', 'http://jitsi.org/jitmeet'))
  assert.equal(ann.affiliationOf('aaaaaaaa'), 'owner')
  assert.deepEqual(stage.bridge.calls, [])
  assert.deepEqual(stage.complaints, [])
})

test('two people are offered media, and learn of each other', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  assert.deepEqual([ann.offers.length, bob.offers.length], [1, 1])
  const [meetingId] = stage.bridge.conferences.keys()
  assert.equal(stage.focus.conferences()[0]?.meetingId, meetingId)

  assert.equal(ann.offer.initiator, 'r1@muc.meet.example/focus')
  assert.deepEqual([...ann.offer.sources.keys()], ['jvb'])
  assert.deepEqual(ann.offer.transport.webSocketUrls, ['wss://meet.example:8443/colibri-ws/b1/c/aaaaaaaa?pwd=1'])
  assert.deepEqual(
    ann.offer.media.map((m) => [m.kind, m.payloadTypes.map((p) => p.id), m.headerExtensions.map((e) => e.id)]),
    [
      ['audio', [111], [1, 5]],
      ['video', [100, 41, 107, 101, 96, 42, 99, 97], [11, 3, 5]],
    ],
  )

  assert.equal((await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))).attrs.type, 'result')
  // Bob has not accepted: nothing may reach him before.
  assert.equal(bob.changes.length, 0)
  assert.equal((await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))).attrs.type, 'result')

  // Of the simulcast group only the primary and its RTX.
  assert.deepEqual(bob.knownSsrcs('aaaaaaaa'), [2_000_000_000, 2_000_000_001, 2_000_000_004])
  assert.deepEqual(ann.knownSsrcs('bbbbbbbb'), [3_000_000_000, 3_000_000_001, 3_000_000_004])
  assert.deepEqual(bob.changes[0]?.sources.get('aaaaaaaa')?.groups, [
    { semantics: 'FID', ssrcs: [2_000_000_001, 2_000_000_004] },
  ])
  assert.equal(bob.changes[0]?.initiator, 'r1@muc.meet.example/focus')

  const kept = stage.bridge.endpoint('aaaaaaaa')
  assert.equal(kept?.update.transport?.ufrag, 'Xy1z')
  assert.equal(ssrcsOf(kept?.update.sources ?? { audio: [], video: [], groups: [] }).length, 7)
  const properties = child(ann.presenceOf('focus') as XmlElement, 'conference-properties') as XmlElement
  assert.ok(childElements(properties).some(({ attrs }) => attrs.key === 'bridge-count' && attrs.value === '1'))
  assert.deepEqual(stage.complaints, [])
})

test('a third finds the sources of the others in the offer', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  const cleo = await stage.client('cccccccc').join()
  assert.deepEqual([...cleo.offer.sources.keys()], ['jvb', 'aaaaaaaa', 'bbbbbbbb'])
  assert.deepEqual(cleo.knownSsrcs('aaaaaaaa'), [2_000_000_000, 2_000_000_001, 2_000_000_004])
  await cleo.accept(cameraAndMicrophone('cccccccc', 4_000_000_000))
  assert.equal(cleo.changes.length, 0)
  assert.deepEqual(ann.knownSsrcs('cccccccc'), [4_000_000_000, 4_000_000_001, 4_000_000_004])
  assert.deepEqual(bob.knownSsrcs('cccccccc'), [4_000_000_000, 4_000_000_001, 4_000_000_004])
  assert.deepEqual([ann.offers.length, bob.offers.length], [1, 1])
})

test('a client that does not say what it can is offered audio and video after two seconds', async () => {
  await using stage = new Stage()
  const ann = await stage.silentClient('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  assert.equal(bob.offers.length, 1)
  assert.equal(ann.offers.length, 0)
  await stage.advance(2_000)
  assert.deepEqual(
    ann.offer.media.map(({ kind }) => kind),
    ['audio', 'video'],
  )
})

test('a client is offered what it can do', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa', 'r1', ['urn:xmpp:jingle:apps:rtp:audio']).join()
  const bob = await stage
    .client('bbbbbbbb', 'r1', ['urn:xmpp:jingle:apps:rtp:audio', 'urn:xmpp:jingle:apps:rtp:video'])
    .join()
  assert.deepEqual(
    ann.offer.media.map(({ kind, headerExtensions }) => [kind, headerExtensions.map(({ id }) => id)]),
    [['audio', [1]]],
  )
  const [, video] = bob.offer.media
  assert.deepEqual(
    video?.payloadTypes.map(({ name }) => name),
    ['VP8', 'AV1', 'H264', 'VP9'],
  )
  assert.ok(video?.payloadTypes[0]?.feedback.some(({ type }) => type === 'goog-remb'))
})

test('latecomers start muted when the first request says so', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join({ startAudioMuted: '1' })
  const bob = await stage.client('bbbbbbbb').join({ startAudioMuted: '1' })
  assert.equal(ann.offer.startMuted, undefined)
  assert.deepEqual(bob.offer.startMuted, { audio: true, video: false })
})

test('who only asks for a room does not decide how others start in it', async () => {
  await using stage = new Stage()
  await stage.client('aaaaaaaa').join()
  await stage.client('bbbbbbbb').join({ startAudioMuted: '0', startVideoMuted: '0' })
  const cleo = await stage.client('cccccccc').join()
  assert.equal(cleo.offer.startMuted, undefined)
})

test('rooms do not hear of each other', async () => {
  await using stage = new Stage()
  const people = [
    await stage.client('aaaaaaaa', 'r1').join(),
    await stage.client('bbbbbbbb', 'r1').join(),
    await stage.client('cccccccc', 'r2').join(),
    await stage.client('dddddddd', 'r2').join(),
  ] as const
  for (const [index, person] of people.entries()) {
    await person.accept(cameraAndMicrophone(person.nick, 2_000_000_000 + index * 100))
  }
  const [ann, bob, cleo] = people
  assert.deepEqual(ann.knownSsrcs('bbbbbbbb').length, 3)
  for (const other of ['cccccccc', 'dddddddd']) assert.deepEqual(ann.knownSsrcs(other), [])
  assert.equal(stage.bridge.conferences.size, 2)
  const strangers = bob.received.filter(({ attrs }) => attrs.from?.startsWith('r2@'))
  assert.deepEqual(strangers, [])
  // Equal SSRCs are no conflict between rooms.
  assert.equal(
    (await cleo.change('source-add', { ...cameraAndMicrophone('cccccccc', 2_000_000_000), video: [], groups: [] }))
      .attrs.type,
    'result',
  )
  await ann.leave()
  await bob.leave()
  assert.deepEqual(
    stage.focus.conferences().map(({ room, participants }) => [room, participants]),
    [['r2@muc.meet.example', 2]],
  )
})

test('a bad conference request gets one clear error', async () => {
  await using stage = new Stage({ maxConferences: 1 })
  const ann = await stage.client('aaaaaaaa').join()
  const bob = stage.client('bbbbbbbb', 'r2')
  assert.equal(conditionOf(await bob.request()), 'resource-constraint')
  assert.equal(conditionOf(await stage.client('cccccccc', 'r1@elsewhere').request()), 'bad-request')
  stage.focus.drain()
  assert.equal(conditionOf(await bob.request()), 'service-unavailable')
  assert.equal((await ann.request()).attrs.type, 'result')
})
