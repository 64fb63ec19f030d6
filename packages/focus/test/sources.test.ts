import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SourceSet, ssrcsOf } from '@parley/protocol'
import { Stage } from './stage.ts'
import { cameraAndMicrophone, conditionOf, screen, stockFeatures } from './test-client.ts'

const empty: SourceSet = { audio: [], video: [], groups: [] }

test('a source that comes before the accept is told after it, one that came and went is not', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  await ann.change('source-add', screen('aaaaaaaa', 2_000_000_050))
  await ann.change('source-remove', screen('aaaaaaaa', 2_000_000_050))
  await ann.change('source-add', screen('aaaaaaaa', 2_000_000_060))
  assert.deepEqual(bob.changes, [])
  await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  assert.equal(bob.changes.length, 1)
  assert.deepEqual(
    bob.knownSsrcs('aaaaaaaa'),
    [2_000_000_000, 2_000_000_001, 2_000_000_004, 2_000_000_060, 2_000_000_061],
  )
})

test('a source of the offer that went before the accept is removed after it', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  await stage.client('bbbbbbbb').join()
  await ann.accept(screen('aaaaaaaa', 2_000_000_050))
  const cleo = await stage.client('cccccccc').join()
  assert.deepEqual(cleo.knownSsrcs('aaaaaaaa'), [2_000_000_050, 2_000_000_051])
  await ann.change('source-remove', screen('aaaaaaaa', 2_000_000_050))
  assert.deepEqual(cleo.changes, [])
  await cleo.accept(empty)
  assert.deepEqual(cleo.knownSsrcs('aaaaaaaa'), [])
  assert.deepEqual(
    cleo.changes.map(({ action }) => action),
    ['source-remove'],
  )
})

test('a screen is shared and stopped, in the form each client reads', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb', 'r1', [...stockFeatures, 'http://jitsi.org/json-encoded-sources']).join()
  for (const [index, person] of [ann, bob].entries()) {
    await person.accept(cameraAndMicrophone(person.nick, 2_000_000_000 + 100 * index))
  }
  assert.equal((await ann.change('source-add', screen('aaaaaaaa', 2_000_000_050))).attrs.type, 'result')
  assert.ok(bob.knownSsrcs('aaaaaaaa').includes(2_000_000_050))
  const kept = () => ssrcsOf(stage.bridge.endpoint('aaaaaaaa')?.update.sources ?? empty)
  assert.ok(kept().includes(2_000_000_050))
  assert.equal((await ann.change('source-remove', screen('aaaaaaaa', 2_000_000_050))).attrs.type, 'result')
  assert.ok(!bob.knownSsrcs('aaaaaaaa').includes(2_000_000_050))
  assert.ok(!kept().includes(2_000_000_050))
  assert.ok(bob.knownSsrcs('aaaaaaaa').includes(2_000_000_001))
  const jsonToBob = bob.received.filter((stanza) => JSON.stringify(stanza).includes('json-message'))
  const jsonToAnn = ann.received.filter((stanza) => JSON.stringify(stanza).includes('json-message'))
  assert.equal(jsonToBob.length > 0, true)
  assert.equal(jsonToAnn.length, 0)
})

test('what a client may not declare is refused and told to nobody', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  const before = ann.changes.length
  const source = { ssrc: 3_000_000_100, name: 'bbbbbbbb-a0', msid: 'own stream' }
  const refused: SourceSet[] = [
    { ...empty, audio: [{ ...source, ssrc: 2_000_000_000 }] },
    { ...empty, audio: [{ ...source, ssrc: 1_111_111_111 }] },
    { ...empty, audio: [{ ...source, ssrc: 3_000_000_000 }] },
    { ...empty, audio: [{ ...source, msid: 'aaaaaaaa-audio-0-1 a2000000000-1' }] },
    { ...empty, audio: [{ ...source, name: 'aaaaaaaa-a0' }] },
    { ...empty, audio: Array.from({ length: 14 }, (_, i) => ({ ...source, ssrc: source.ssrc + i })) },
  ]
  for (const [index, sources] of refused.entries()) {
    assert.equal(conditionOf(await bob.change('source-add', sources)), 'bad-request', `case ${index}`)
  }
  assert.equal(conditionOf(await bob.change('source-remove', { ...empty, audio: [source] })), 'bad-request')
  assert.equal(ann.changes.length, before)
  assert.equal((await bob.change('source-add', { ...empty, audio: [source] })).attrs.type, 'result')
  assert.ok(ann.knownSsrcs('bbbbbbbb').includes(source.ssrc))
})

test('a request without sources is answered and changes nothing', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.accept(empty)
  await bob.accept(empty)
  assert.equal((await ann.change('source-add', empty)).attrs.type, 'result')
  assert.deepEqual([...ann.changes, ...bob.changes], [])
})

test('an answer to an old session, a second answer and an early change are refused', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  await stage.client('bbbbbbbb').join()
  assert.equal(conditionOf(await ann.accept(empty, { ...ann.offer, sid: 'other' })), 'item-not-found')
  assert.equal(conditionOf(await ann.change('source-add', screen('aaaaaaaa', 9))), 'unexpected-request')
  await ann.accept(empty)
  assert.equal(conditionOf(await ann.accept(empty)), 'unexpected-request')
})

test('an answer with bad sources is refused, a good one may follow', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  assert.equal(conditionOf(await bob.accept(cameraAndMicrophone('bbbbbbbb', 2_000_000_000))), 'bad-request')
  assert.equal(stage.focus.conferences()[0]?.activeSessions, 1)
  assert.equal((await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))).attrs.type, 'result')
  assert.equal(stage.focus.conferences()[0]?.activeSessions, 2)
})

test('sources that come and go without end are refused, and may come again a minute later', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  for (const [index, person] of [ann, bob].entries()) {
    await person.accept(cameraAndMicrophone(person.nick, 2_000_000_000 + 100 * index))
  }
  const share = screen('aaaaaaaa', 2_000_000_050)
  for (let i = 0; i < 60; i++) {
    assert.equal((await ann.change('source-add', share)).attrs.type, 'result', `time ${i}`)
    assert.equal((await ann.change('source-remove', share)).attrs.type, 'result', `time ${i}`)
  }
  const heard = bob.received.length
  assert.equal(conditionOf(await ann.change('source-add', share)), 'resource-constraint')
  assert.equal(bob.received.length, heard)
  await stage.advance(60_000)
  assert.equal((await ann.change('source-add', share)).attrs.type, 'result')
})
