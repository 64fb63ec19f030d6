import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Stage } from './stage.ts'
import { cameraAndMicrophone, stockFeatures } from './test-client.ts'
import { settle } from './virtual-clock.ts'

test('a room that nobody joins is left after 15 seconds', async () => {
  await using stage = new Stage()
  await stage.client('aaaaaaaa').request()
  await stage.advance(14_900)
  assert.equal(stage.focus.conferences().length, 1)
  await stage.advance(200)
  assert.equal(stage.focus.conferences().length, 0)
  assert.deepEqual(stage.xmpp.rooms(), [])
})

test('when everybody has left, focus and bridge forget the conference', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  await ann.leave()
  await bob.leave()
  assert.deepEqual(stage.focus.conferences(), [])
  assert.deepEqual(stage.xmpp.rooms(), [])
  assert.equal(stage.bridge.conferences.size, 0)
  assert.equal(stage.clock.pending, 0)
  // And the room opens again.
  await ann.join()
  assert.equal(stage.focus.conferences()[0]?.participants, 1)
  assert.deepEqual(stage.complaints, [])
})

test('somebody who reloads finds the room still there', async () => {
  await using stage = new Stage()
  const before = await stage.client('aaaaaaaa').join()
  const meetingId = stage.focus.conferences()[0]?.meetingId
  const after = stage.client('bbbbbbbb')
  await after.request()
  await before.leave()
  await after.join()
  assert.equal(stage.focus.conferences()[0]?.meetingId, meetingId)
  assert.equal(after.affiliationOf('bbbbbbbb'), 'owner')
})

test('who leaves is forgotten by the bridge, without words to those who see it leave', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  const cleo = await stage.client('cccccccc', 'r1', [...stockFeatures, 'http://jitsi.org/ssrc-rewriting-1']).join()
  for (const [index, person] of [ann, bob, cleo].entries()) {
    await person.accept(cameraAndMicrophone(person.nick, 2_000_000_000 + 100 * index))
  }
  const before = ann.changes.length
  await bob.leave()
  assert.equal(stage.bridge.endpoint('bbbbbbbb'), undefined)
  assert.equal(ann.changes.length, before)
  // This client keeps tracks until it is told.
  assert.deepEqual(cleo.knownSsrcs('bbbbbbbb'), [])
  // Bob's SSRCs are free again.
  assert.equal(
    (await cleo.change('source-add', { ...cameraAndMicrophone('cccccccc', 2_000_000_100), video: [], groups: [] }))
      .attrs.type,
    'result',
  )
})

test('who comes back under the same nick is announced again', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  await bob.leave()
  const before = ann.changes.length
  await bob.join()
  assert.equal(bob.offers.length, 2)
  await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  assert.deepEqual(
    ann.changes.slice(before).map(({ action, sources }) => [action, ...sources.keys()]),
    [['source-add', 'bbbbbbbb']],
  )
})

test('who leaves while the bridge works is not left behind there', async () => {
  await using stage = new Stage()
  await stage.client('aaaaaaaa').join()
  let release = () => {}
  stage.bridge.hold = new Promise((resolve) => {
    release = resolve
  })
  const bob = await stage.client('bbbbbbbb').join()
  await bob.leave()
  release()
  await settle()
  assert.equal(stage.bridge.endpoint('bbbbbbbb'), undefined)
  assert.deepEqual(bob.offers, [])
})

test('one alone loses the session after 20 seconds and gets a new one with company', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  await bob.leave()
  await stage.advance(19_000)
  assert.deepEqual(ann.ends, [])
  await stage.advance(2_000)
  assert.deepEqual(
    ann.ends.map(({ sid, reason, text }) => [sid, reason, text]),
    [[ann.offer.sid, 'expired', 'Idle session timeout']],
  )
  assert.equal(stage.bridge.endpoint('aaaaaaaa'), undefined)
  const cleo = await stage.client('cccccccc').join()
  assert.equal(ann.offers.length, 2)
  assert.notEqual(ann.offers[0]?.sid, ann.offers[1]?.sid)
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  await cleo.accept(cameraAndMicrophone('cccccccc', 3_000_000_000))
  assert.equal(cleo.knownSsrcs('aaaaaaaa').length, 3)
})

test('company within 20 seconds keeps the session', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  await bob.leave()
  await stage.advance(15_000)
  await stage.client('cccccccc').join()
  await stage.advance(30_000)
  assert.deepEqual(ann.ends, [])
  assert.equal(ann.offers.length, 1)
})

test('the next in line becomes owner when the last owner leaves', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  const cleo = await stage.client('cccccccc').join()
  assert.deepEqual(
    ['aaaaaaaa', 'bbbbbbbb', 'cccccccc'].map((nick) => cleo.affiliationOf(nick)),
    ['owner', 'none', 'none'],
  )
  await ann.leave()
  assert.deepEqual([cleo.affiliationOf('bbbbbbbb'), cleo.affiliationOf('cccccccc')], ['owner', 'none'])
  await bob.leave()
  assert.equal(cleo.affiliationOf('cccccccc'), 'owner')
})

test('closing the focus empties bridge and clock, twice as well as once', async () => {
  const stage = new Stage()
  await stage.client('aaaaaaaa').join()
  await stage.client('bbbbbbbb').join()
  await Promise.all([stage.focus.close(), stage.focus.close()])
  assert.deepEqual(stage.focus.conferences(), [])
  assert.equal(stage.bridge.conferences.size, 0)
  stage.xmpp.close()
  assert.equal(stage.clock.pending, 0)
})

test('a server that stops with people in their rooms ends conferences without complaint', async () => {
  await using stage = new Stage()
  await stage.client('aaaaaaaa').join()
  await stage.client('bbbbbbbb').join()
  stage.xmpp.close()
  await settle()
  assert.deepEqual(stage.focus.conferences(), [])
  assert.equal(stage.bridge.conferences.size, 0)
  assert.deepEqual(stage.complaints, [])
})
