/** Stanzas as they arrive, for what stock clients look for in them without saying so when it is missing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { child, childElements, el, NS, type XmlElement } from '@parley/protocol'
import { Stage } from './stage.ts'
import { cameraAndMicrophone, type TestClient } from './test-client.ts'

function jinglesOf(client: TestClient, action: string): { readonly iq: XmlElement; readonly jingle: XmlElement }[] {
  return client.received.flatMap((iq) => {
    const jingle = iq.name === 'iq' ? child(iq, 'jingle', NS.jingle) : undefined
    return jingle?.attrs.action === action ? [{ iq, jingle }] : []
  })
}

test('an offer: bundled, multiplexed, with a permanent source of the bridge first in each medium', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  const cleo = await stage.client('cccccccc').join()
  for (const client of [ann, bob, cleo]) {
    const [offer] = jinglesOf(client, 'session-initiate')
    assert.ok(offer)
    // From any other occupant it would be a peer-to-peer session.
    assert.equal(offer.iq.attrs.from, `${client.room}/focus`)
    const contents = childElements(offer.jingle, 'content')
    // A content named `data` would make clients use SCTP and pass over the channel's address.
    assert.deepEqual(
      contents.map(({ attrs }) => attrs.name),
      ['audio', 'video'],
    )
    assert.equal(child(offer.jingle, 'group', NS.grouping)?.attrs.semantics, 'BUNDLE')
    for (const content of contents) {
      const description = child(content, 'description', NS.rtp)
      assert.ok(description && child(description, 'rtcp-mux', NS.rtp))
      const [first] = childElements(description, 'source')
      assert.ok(first)
      assert.equal(child(first, 'ssrc-info', NS.jitmeet)?.attrs.owner, 'jvb')
      for (const source of childElements(description, 'source')) {
        const [parameter] = childElements(source)
        assert.deepEqual([parameter?.name, parameter?.attrs.name], ['parameter', 'msid'])
        assert.ok(child(source, 'ssrc-info', NS.jitmeet)?.attrs.owner)
      }
    }
  }
})

test('the focus and the participant are seen before the first offer', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  for (const client of [ann, bob]) {
    const offerAt = client.received.findIndex(({ children }) => JSON.stringify(children).includes('session-initiate'))
    for (const nick of ['focus', 'aaaaaaaa', 'bbbbbbbb']) {
      const presenceAt = client.received.findIndex(
        ({ name, attrs }) => name === 'presence' && attrs.from === `${client.room}/${nick}`,
      )
      assert.ok(presenceAt >= 0 && presenceAt < offerAt, `${nick} before the offer to ${client.nick}`)
    }
  }
})

test('an answer is confirmed without waiting for the bridge', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  await stage.client('bbbbbbbb').join()
  let release = () => {}
  stage.bridge.hold = new Promise((resolve) => {
    release = resolve
  })
  assert.equal((await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))).attrs.type, 'result')
  assert.equal((await ann.change('source-remove', cameraAndMicrophone('aaaaaaaa', 2_000_000_000))).attrs.type, 'result')
  stage.bridge.hold = undefined
  release()
})

test('no change of sources is sent that has none', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  await ann.accept(cameraAndMicrophone('aaaaaaaa', 2_000_000_000))
  await bob.change('source-remove', cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  const changes = [...jinglesOf(ann, 'source-add'), ...jinglesOf(ann, 'source-remove')]
  assert.equal(changes.length, 2)
  for (const { jingle } of changes) {
    const sources = childElements(jingle, 'content').flatMap((content) =>
      childElements(child(content, 'description', NS.rtp) as XmlElement, 'source'),
    )
    assert.ok(sources.length > 0)
  }
})

test('a mute comes from the focus, and its sender does not wait for the one who is muted', async () => {
  await using stage = new Stage()
  const ann = await stage.client('aaaaaaaa').join()
  const bob = await stage.client('bbbbbbbb').join()
  await bob.accept(cameraAndMicrophone('bbbbbbbb', 3_000_000_000))
  // Like the stock client, this one does not answer a mute.
  const answer = await ann.toFocus(el('mute', NS.muteAudio, { jid: `${bob.room}/bbbbbbbb` }, 'true'))
  assert.equal(answer.attrs.type, 'result')
  const orders = bob.received.filter((iq) => child(iq, 'mute', NS.muteAudio))
  assert.deepEqual(
    orders.map(({ attrs }) => attrs.from),
    [`${bob.room}/focus`],
  )
})
