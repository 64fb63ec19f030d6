import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el, NS, textOf, type XmlElement } from '@parley/protocol'
import { Stage } from './stage.ts'
import { cameraAndMicrophone, conditionOf } from './test-client.ts'

const room = 'r1@muc.meet.example'
const mute = (nick: string | undefined, text: string, ns: string = NS.muteAudio): XmlElement =>
  el('mute', ns, { jid: nick && `${room}/${nick}` }, text)

test('a moderator mutes others, others do not', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  assert.equal((await ann.toFocus(mute('bbbbbbbb', 'true'))).attrs.type, 'result')
  assert.deepEqual(
    bob.mutes.map((order) => [order.ns, order.attrs.actor, textOf(order)]),
    [[NS.muteAudio, `${room}/aaaaaaaa`, 'true']],
  )
  assert.deepEqual(stage.bridge.endpoint('bbbbbbbb')?.update.forceMute, { audio: true, video: false })

  assert.equal(conditionOf(await bob.toFocus(mute('aaaaaaaa', 'true'))), 'not-allowed')
  assert.deepEqual(ann.mutes, [])
})

test('nobody unmutes others, everybody unmutes themselves', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  await ann.toFocus(mute('bbbbbbbb', 'true', NS.muteVideo))
  assert.equal(conditionOf(await ann.toFocus(mute('bbbbbbbb', 'false', NS.muteVideo))), 'not-allowed')
  assert.deepEqual(stage.bridge.endpoint('bbbbbbbb')?.update.forceMute, { audio: false, video: true })
  assert.equal((await bob.toFocus(mute('bbbbbbbb', 'false', NS.muteVideo))).attrs.type, 'result')
  assert.deepEqual(stage.bridge.endpoint('bbbbbbbb')?.update.forceMute, { audio: false, video: false })
})

test('a mute request that makes no sense gets one clear error', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  await stage.client('bbbbbbbb').join()
  assert.equal(conditionOf(await ann.toFocus(mute('zzzzzzzz', 'true'))), 'item-not-found')
  assert.equal(conditionOf(await ann.toFocus(mute('bbbbbbbb', 'maybe'))), 'bad-request')
  assert.equal(
    conditionOf(await ann.toFocus(mute('bbbbbbbb', 'true', 'http://jitsi.org/jitmeet/smell'))),
    'service-unavailable',
  )
})

test('somebody muted before the session is muted in it', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.toFocus(mute('bbbbbbbb', 'true'))
  await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  assert.deepEqual(stage.bridge.endpoint('bbbbbbbb')?.update.forceMute, { audio: true, video: false })
})
