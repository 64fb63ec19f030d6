import assert from 'node:assert/strict'
import { test } from 'node:test'
import { child, decodeJingle, el, encodeTransportInfo, type TransportInfo, type XmlElement } from '@parley/protocol'
import { Stage } from './stage.ts'
import { cameraAndMicrophone, conditionOf, type TestClient } from './test-client.ts'
import { settle } from './virtual-clock.ts'

async function call(stage: Stage): Promise<[TestClient, TestClient]> {
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  return [ann, bob]
}

function transportEvent(stage: Stage, endpointId: string, state: 'connected' | 'failed'): void {
  const [conferenceId = ''] = stage.bridge.conferences.keys()
  stage.bridge.events.publish({ type: 'endpoint-transport', conferenceId, endpointId, state })
}

const hasNoBridge = (presence: XmlElement | undefined) =>
  presence !== undefined && child(presence, 'bridgeNotAvailable', 'http://jitsi.org/protocol/focus') !== undefined

test('a restart gets a new session with a new transport, and the others the new sources', async () => {
  await using stage = new Stage()
  const [ann, bob] = await call(stage)
  const old = ann.offer
  stage.bridge.calls.length = 0
  assert.equal((await ann.terminate(true)).attrs.type, 'result')
  assert.notEqual(ann.offer.sid, old.sid)
  assert.notEqual(ann.offer.bridgeSession?.id, old.bridgeSession?.id)
  assert.notEqual(ann.offer.transport.ufrag, old.transport.ufrag)
  assert.deepEqual(stage.bridge.calls, ['expire aaaaaaaa', 'create aaaaaaaa'])
  assert.deepEqual(bob.knownSsrcs('aaaaaaaa'), [])
  assert.deepEqual(ann.knownSsrcs('bbbbbbbb').length, 3)
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_500_000_000))
  assert.deepEqual(bob.knownSsrcs('aaaaaaaa'), [2_500_000_000, 2_500_000_001, 2_500_000_004])
})

test('restarts are limited to one in 5 seconds and 5 in a minute', async () => {
  await using stage = new Stage()
  const [ann] = await call(stage)
  assert.equal((await ann.terminate(true)).attrs.type, 'result')
  assert.equal(conditionOf(await ann.terminate(true)), 'resource-constraint')
  for (let i = 0; i < 4; i++) {
    await stage.advance(5_000)
    assert.equal((await ann.terminate(true)).attrs.type, 'result', `restart ${i + 2}`)
  }
  await stage.advance(5_000)
  assert.equal(conditionOf(await ann.terminate(true)), 'resource-constraint')
  await stage.advance(60_000)
  assert.equal((await ann.terminate(true)).attrs.type, 'result')
})

test('a client that ends its session for good is not offered another', async () => {
  await using stage = new Stage()
  const [ann, bob] = await call(stage)
  assert.equal((await ann.terminate(false)).attrs.type, 'result')
  await stage.client('cccccccc').join()
  assert.equal(ann.offers.length, 1)
  assert.deepEqual(bob.knownSsrcs('aaaaaaaa'), [])
  assert.equal(stage.bridge.endpoint('aaaaaaaa'), undefined)
})

const iceRestart = (ann: TestClient, id = ann.offer.bridgeSession?.id ?? '') =>
  el(
    'jingle',
    'urn:xmpp:jingle:1',
    { action: 'session-info', sid: ann.offer.sid },
    el('bridge-session', 'http://jitsi.org/protocol/focus', { id, 'ice-restart': true }),
  )

const iceAnswer = (ann: TestClient, ufrag: string, iceGeneration: number) =>
  encodeTransportInfo({
    action: 'transport-info',
    sid: ann.offer.sid,
    contents: ['audio', 'video'].map((name) => ({
      name,
      ufrag,
      pwd: 'a-new-password-of-the-client',
      candidates: [],
      iceGeneration,
    })),
  })

const transportInfosOf = (ann: TestClient) =>
  ann.received.flatMap((stanza) => {
    const jingle = child(stanza, 'jingle')
    return jingle?.attrs.action === 'transport-info' ? [decodeJingle(jingle, { sender: 'focus' })] : []
  }) as TransportInfo[]

test('an ICE restart in place gives both sides new credentials and keeps the session', async () => {
  await using stage = new Stage()
  const [ann, bob] = await call(stage)
  stage.bridge.calls.length = 0
  assert.equal((await ann.toFocus(iceRestart(ann))).attrs.type, 'result')
  const [info, ...others] = transportInfosOf(ann)
  assert.equal(others.length, 0)
  assert.equal(info?.sid, ann.offer.sid)
  assert.deepEqual(
    info?.contents.map(({ name, iceGeneration, candidates }) => [name, iceGeneration, candidates.length]),
    [
      ['audio', 1, 1],
      ['video', 1, 1],
    ],
  )
  assert.notEqual(info?.contents[0]?.ufrag, ann.offer.transport.ufrag)

  assert.equal((await ann.toFocus(iceAnswer(ann, 'newufrag', 1))).attrs.type, 'result')
  await settle()
  assert.deepEqual(stage.bridge.calls, ['restart ICE of aaaaaaaa', 'update aaaaaaaa'])
  const { transport } = stage.bridge.endpoint('aaaaaaaa')?.update ?? {}
  assert.equal(transport?.ufrag, 'newufrag')
  assert.ok((transport?.fingerprints.length ?? 0) > 0, 'the DTLS association stays')
  assert.deepEqual([ann.offers.length, bob.offers.length], [1, 1])

  await stage.advance(5_000)
  await ann.toFocus(iceRestart(ann))
  assert.equal(transportInfosOf(ann)[1]?.contents[0]?.iceGeneration, 2)
  await ann.toFocus(iceAnswer(ann, 'late', 1))
  await settle()
  assert.equal(stage.bridge.endpoint('aaaaaaaa')?.update.transport?.ufrag, 'newufrag', 'an answer that came too late')
})

test('an ICE restart in place is refused for other sessions, too often, and without a bridge', async () => {
  await using stage = new Stage()
  const [ann, bob] = await call(stage)
  assert.equal(conditionOf(await ann.toFocus(iceRestart(ann, 'other'))), 'item-not-found')
  assert.equal((await ann.toFocus(iceRestart(ann))).attrs.type, 'result')
  assert.equal(conditionOf(await ann.toFocus(iceRestart(ann))), 'resource-constraint')
  stage.bridge.conferences.clear()
  assert.equal(conditionOf(await bob.toFocus(iceRestart(bob))), 'item-not-found')
  assert.equal(conditionOf(await ann.toFocus(iceAnswer(ann, 'no', 1))), 'bad-request')
})

test('a failed transport is offered anew when the client does nothing', async () => {
  await using stage = new Stage()
  const [ann] = await call(stage)
  transportEvent(stage, 'aaaaaaaa', 'failed')
  await stage.advance(29_000)
  assert.equal(ann.offers.length, 1)
  await stage.advance(2_000)
  assert.equal(ann.offers.length, 2)
  assert.deepEqual(
    ann.ends.map(({ reason, text }) => [reason, text]),
    [['success', 'moving']],
  )
})

test('a transport that comes back is left alone', async () => {
  await using stage = new Stage()
  const [ann] = await call(stage)
  transportEvent(stage, 'aaaaaaaa', 'failed')
  await stage.advance(10_000)
  transportEvent(stage, 'aaaaaaaa', 'connected')
  await stage.advance(60_000)
  assert.equal(ann.offers.length, 1)
})

test('a client whose transport never works is given up', async () => {
  await using stage = new Stage()
  const [ann, bob] = await call(stage)
  for (let i = 0; i < 6; i++) {
    transportEvent(stage, 'aaaaaaaa', 'failed')
    await stage.advance(31_000)
    // Bob is fine and keeps saying so.
    transportEvent(stage, 'bbbbbbbb', 'connected')
  }
  assert.equal(ann.offers.length, 4)
  assert.equal(ann.ends.at(-1)?.reason, 'general-error')
  assert.equal(bob.offers.length, 1)
})

test('a bridge that lost its conference is asked again for everybody', async () => {
  await using stage = new Stage()
  const [ann, bob] = await call(stage)
  const [conferenceId = ''] = stage.bridge.conferences.keys()
  stage.bridge.conferences.clear()
  stage.bridge.events.publish({ type: 'conference-expired', conferenceId })
  await settle()
  assert.deepEqual([ann.offers.length, bob.offers.length], [2, 2])
  assert.equal(stage.bridge.conferences.get(conferenceId)?.size, 2)
})

test('an update that the bridge refuses leads to a new session', async () => {
  await using stage = new Stage()
  const [ann] = await call(stage)
  stage.bridge.conferences.clear()
  const microphone = { ...cameraAndMicrophone('aaaaaaaa', 2_000_000_050), video: [], groups: [] }
  assert.equal((await ann.change('source-add', microphone)).attrs.type, 'result')
  await settle()
  assert.equal(ann.offers.length, 2)
})

test('without a bridge people are told, and get their offer when it is back', async () => {
  await using stage = new Stage()
  stage.bridge.trouble = 'unreachable'
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  assert.ok(hasNoBridge(ann.presenceOf('focus')))
  assert.equal(stage.focus.conferences()[0]?.isBridgeAvailable, false)
  stage.bridge.trouble = 'none'
  await stage.advance(5_000)
  assert.deepEqual([ann.offers.length, bob.offers.length], [1, 1])
  assert.ok(!hasNoBridge(ann.presenceOf('focus')))
})

test('a bridge that refuses is asked less and less often', async () => {
  await using stage = new Stage()
  stage.bridge.trouble = 'refusing'
  await stage.client('aaaaaaaa').join()
  await stage.client('bbbbbbbb').join()
  stage.bridge.calls.length = 0
  await stage.advance(300_000)
  // At 5, 15, 35, 75, 135, 195 and 255 s, each time for two people.
  assert.equal(stage.bridge.calls.length, 2 * 7)
})

test('a bridge that never answers is unreachable', async () => {
  await using stage = new Stage()
  stage.bridge.hold = new Promise(() => {})
  const ann = await stage.client('aaaaaaaa').join()
  await stage.client('bbbbbbbb').join()
  await stage.advance(15_000)
  assert.ok(hasNoBridge(ann.presenceOf('focus')))
  const closing = stage.focus.close()
  await stage.advance(15_000)
  await closing
})

test('an offer that is not accepted is repeated', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  await stage.client('bbbbbbbb').join()
  await stage.advance(61_000)
  assert.equal(ann.offers.length, 2)
})
