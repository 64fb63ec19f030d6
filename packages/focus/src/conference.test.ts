/** The core alone: hostile and untimely input ends in at most one answer, and never in an exception. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { done } from '@parley/cluster'
import { child, el, NS, parseXml, type XmlElement } from '@parley/protocol'
import * as fc from 'fast-check'
import { Conference } from './conference.ts'
import type { Output } from './core.ts'
import { CapsCache } from './features.ts'

const room = 'r1@muc.meet.example'

function newConference(): Conference {
  let id = 0
  return new Conference({
    room,
    focusJid: 'focus@auth.meet.example/focus',
    webSocketBase: 'wss://meet.example',
    createdMs: 0,
    caps: new CapsCache((text) => text),
    newId: () => `id${++id}`,
    maxMembers: 3,
  })
}

function drain(conference: Conference): Output[] {
  const outputs: Output[] = []
  for (let output = conference.poll(); output; output = conference.poll()) outputs.push(output)
  return outputs
}

const stanzas = (outputs: Output[]) => outputs.flatMap((output) => (output.type === 'stanza' ? [output.stanza] : []))

const occupant = (nick: string, attrs: Record<string, string> = {}) =>
  el(
    'presence',
    NS.client,
    { from: `${room}/${nick}`, ...attrs },
    el(
      'x',
      NS.mucUser,
      {},
      el('item', NS.mucUser, { affiliation: 'owner', role: 'moderator', jid: `${nick}@meet.example/r` }),
    ),
  )

/** A room that opened at time 0, with these people. */
function opened(...nicks: string[]): Conference {
  const conference = newConference()
  conference.handle(0, { type: 'request', token: 1, from: 'a@meet.example/r', properties: {} })
  conference.handle(0, { type: 'stanza', stanza: occupant('focus') })
  for (let step = 0; step < 2; step++) {
    const asked = stanzas(drain(conference)).find(({ name }) => name === 'iq') as XmlElement
    const answer = el('iq', NS.client, { type: 'result', from: room, id: asked.attrs.id })
    conference.handle(0, { type: 'stanza', stanza: answer })
  }
  for (const nick of nicks) conference.handle(0, { type: 'stanza', stanza: occupant(nick) })
  return conference
}

test('a room that does not let the focus in is an error for those who asked', () => {
  const conference = newConference()
  conference.handle(0, { type: 'request', token: 7, from: 'a@meet.example/r', properties: {} })
  drain(conference)
  const refusal = parseXml(
    `<presence type="error" from="${room}/focus"><error type="cancel"><not-allowed xmlns="${NS.stanzas}"/></error></presence>`,
  )
  conference.handle(1, { type: 'stanza', stanza: refusal })
  const outputs = drain(conference)
  assert.deepEqual(
    outputs.flatMap((output) => (output.type === 'reply' ? [output.answer] : [])),
    [{ condition: 'service-unavailable', text: 'the room refused the join: not-allowed' }],
  )
  assert.equal(outputs.at(-1)?.type, 'ended')
  conference.handle(2, { type: 'request', token: 8, from: 'a@meet.example/r', properties: {} })
  assert.equal(drain(conference).length, 1)
})

test('a room that does not answer is given up after 10 seconds', () => {
  const conference = newConference()
  conference.handle(0, { type: 'request', token: 7, from: 'a@meet.example/r', properties: {} })
  assert.deepEqual(conference.deadline(), { at: 10_000, reason: 'join' })
  conference.handle(10_000, { type: 'time' })
  assert.equal(drain(conference).at(-1)?.type, 'ended')
  assert.equal(conference.deadline(), undefined)
})

test('no more than the allowed number of people are invited', () => {
  const conference = opened('aaaaaaaa', 'bbbbbbbb', 'cccccccc', 'dddddddd')
  conference.handle(2_000, { type: 'time' })
  const created = drain(conference).filter((o) => o.type === 'bridge-call' && o.call.method === 'createEndpoint')
  assert.equal(created.length, 3)
})

test('a nick that is no endpoint id gets no media and harms nobody', () => {
  const conference = opened('../../etc', 'bbbbbbbb', 'cccccccc')
  conference.handle(2_000, { type: 'time' })
  const endpoints = drain(conference).flatMap((o) =>
    o.type === 'bridge-call' && 'endpointId' in o.call.request ? [o.call.request.endpointId] : [],
  )
  assert.deepEqual(endpoints, ['bbbbbbbb', 'cccccccc'])
})

test('an endpoint that comes too late is offered to nobody', () => {
  const conference = opened('aaaaaaaa', 'bbbbbbbb')
  conference.handle(2_000, { type: 'time' })
  const calls = drain(conference).filter((output) => output.type === 'bridge-call')
  const id = calls.find(({ call }) => 'endpointId' in call.request && call.request.endpointId === 'bbbbbbbb')?.id ?? 0
  conference.handle(3_000, { type: 'stanza', stanza: occupant('bbbbbbbb', { type: 'unavailable' }) })
  const transport = { ufrag: 'u', pwd: 'p', fingerprints: [], candidates: [], webSocketUrls: [] }
  const created = done({ transport, bridgeSources: { audio: [], video: [], groups: [] } })
  conference.handle(4_000, { type: 'bridge-outcome', id, outcome: created })
  const outputs = drain(conference)
  assert.ok(outputs.some((output) => output.type === 'bridge-call' && output.call.method === 'expireEndpoint'))
  assert.deepEqual(
    stanzas(outputs).filter(({ attrs }) => attrs.to === `${room}/bbbbbbbb`),
    [],
  )
})

test('answers count only from the one asked', () => {
  const conference = newConference()
  conference.handle(0, { type: 'request', token: 1, from: 'a@meet.example/r', properties: {} })
  conference.handle(0, { type: 'stanza', stanza: occupant('focus') })
  const asked = stanzas(drain(conference)).find(({ name }) => name === 'iq') as XmlElement
  const forged = el('iq', NS.client, { type: 'result', from: `${room}/aaaaaaaa`, id: asked.attrs.id })
  conference.handle(1, { type: 'stanza', stanza: forged })
  assert.deepEqual(stanzas(drain(conference)), [])
})

test('a stranger is refused', () => {
  const conference = opened('aaaaaaaa')
  drain(conference)
  const request = el(
    'iq',
    NS.client,
    { type: 'set', from: `${room}/zzzzzzzz`, id: 'x' },
    el('jingle', NS.jingle, { sid: 's' }),
  )
  conference.handle(1, { type: 'stanza', stanza: request })
  const [answer] = stanzas(drain(conference))
  assert.deepEqual([answer?.attrs.type, answer?.attrs.to], ['error', `${room}/zzzzzzzz`])
})

test('every request is answered exactly once, whatever it holds', () => {
  const names = fc.constantFrom(
    'jingle',
    'mute',
    'query',
    'content',
    'description',
    'source',
    'transport',
    'reason',
    'ping',
  )
  const namespaces = fc.constantFrom<string>(
    NS.jingle,
    NS.muteAudio,
    NS.discoInfo,
    NS.rtp,
    NS.ssma,
    NS.iceUdp,
    NS.ping,
    'x',
  )
  const attrs = fc.dictionary(
    fc.constantFrom('action', 'sid', 'ssrc', 'jid', 'media', 'name', 'owner'),
    fc.constantFrom('session-accept', 'source-add', 'session-terminate', 'id1', 'audio', '5', '-1', 'aaaaaaaa', ''),
  )
  const { element } = fc.letrec<{ element: XmlElement }>((tie) => ({
    element: fc.record({
      name: names,
      ns: namespaces,
      attrs,
      children: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie('element'), { maxLength: 3 })),
    }),
  }))
  fc.assert(
    fc.property(fc.constantFrom('get', 'set'), fc.array(element, { maxLength: 2 }), (type, payload) => {
      const conference = opened('aaaaaaaa', 'bbbbbbbb')
      drain(conference)
      const stanza = {
        name: 'iq',
        ns: NS.client,
        attrs: { type, from: `${room}/aaaaaaaa`, id: 'q' },
        children: payload,
      }
      conference.handle(1, { type: 'stanza', stanza })
      const answers = stanzas(drain(conference)).filter(({ attrs: { id } }) => id === 'q')
      assert.equal(answers.length, 1)
      conference.handle(2, { type: 'bridge-outcome', id: 99, outcome: done(undefined) })
      conference.handle(100_000, { type: 'close' })
      assert.equal(drain(conference).at(-1)?.type, 'ended')
    }),
    { numRuns: 200 },
  )
})

test('an owner who leaves is owner no more, so that a room that never empties forgets', () => {
  const conference = opened()
  const present = (nick: string) =>
    conference.handle(1, {
      type: 'stanza',
      stanza: parseXml(
        `<presence from="${room}/${nick}"><x xmlns="${NS.mucUser}"><item affiliation="none" role="participant" jid="${nick}@meet.example/r"/></x></presence>`,
      ),
    })
  const adminItems = () =>
    stanzas(drain(conference)).flatMap((stanza) => {
      const query = child(stanza, 'query', NS.mucAdmin)
      const { affiliation, jid } = (query && child(query, 'item'))?.attrs ?? {}
      return query ? [{ id: stanza.attrs.id ?? '', says: `${jid} ${affiliation}` }] : []
    })
  present('ann')
  const [grant] = adminItems()
  assert.equal(grant?.says, 'ann@meet.example owner')
  const granted = el('iq', NS.client, { type: 'result', from: room, id: grant?.id })
  conference.handle(1, { type: 'stanza', stanza: granted })
  present('bob')
  adminItems()
  conference.handle(2, { type: 'stanza', stanza: occupant('ann', { type: 'unavailable' }) })
  assert.deepEqual(
    adminItems().map(({ says }) => says),
    ['ann@meet.example none', 'bob@meet.example owner'],
  )
})
