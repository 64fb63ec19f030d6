import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el, NS, parseXml, type XmlElement } from '@parley/protocol'
import { VirtualClock } from '../test/virtual-clock.ts'
import { ClientError } from './errors.ts'
import { IqTracker } from './iq-tracker.ts'

const ping = el('iq', NS.client, { type: 'get', to: 'meet.example' }, el('ping', NS.ping))

function tracker() {
  const clock = new VirtualClock()
  const sent: XmlElement[] = []
  return { clock, sent, iqs: new IqTracker(clock, (stanza) => sent.push(stanza)) }
}

test('answers find their questions in any order', async () => {
  const { iqs, sent, clock } = tracker()
  const first = iqs.request(ping, 1000)
  const second = iqs.request(ping, 1000)
  assert.notEqual(sent[0]?.attrs.id, sent[1]?.attrs.id)
  iqs.handleAnswer(parseXml(`<iq type="result" id="${sent[1]?.attrs.id}"><b xmlns="x"/></iq>`))
  iqs.handleAnswer(parseXml(`<iq type="result" id="${sent[0]?.attrs.id}"><a xmlns="x"/></iq>`))
  assert.deepEqual(
    [((await first).children[0] as XmlElement).name, ((await second).children[0] as XmlElement).name],
    ['a', 'b'],
  )
  assert.equal(clock.pendingTimers, 0)
})

test('a refusal carries its condition and text', async () => {
  const { iqs, sent } = tracker()
  const asked = iqs.request(ping, 1000)
  iqs.handleAnswer(
    parseXml(
      `<iq type="error" id="${sent[0]?.attrs.id}"><error type="wait"><text xmlns="${NS.stanzas}">slowly</text><resource-constraint xmlns="${NS.stanzas}"/></error></iq>`,
    ),
  )
  await assert.rejects(asked, {
    reason: 'refused',
    condition: 'resource-constraint',
    message: 'meet.example refused ping: resource-constraint (slowly)',
  })
})

test('silence ends at the deadline; a late answer harms nobody', async () => {
  const { iqs, sent, clock } = tracker()
  const asked = assert.rejects(iqs.request(ping, 5000), { reason: 'timeout' })
  await clock.advance(5000)
  await asked
  iqs.handleAnswer(parseXml(`<iq type="result" id="${sent[0]?.attrs.id}"/>`))
})

test('closing fails what waits and what comes', async () => {
  const { iqs, clock } = tracker()
  const asked = assert.rejects(iqs.request(ping, 5000), { reason: 'closed' })
  iqs.close(new ClientError('closed', 'gone'))
  await asked
  await assert.rejects(iqs.request(ping, 5000), { reason: 'closed' })
  assert.equal(clock.pendingTimers, 0)
})

test('questions are bounded', async () => {
  const { iqs } = tracker()
  for (let i = 0; i < 256; i++) iqs.request(ping, 5000).catch(() => undefined)
  await assert.rejects(iqs.request(ping, 5000), { reason: 'refused' })
})
