import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  decodeConferenceReply,
  decodeConferenceRequest,
  encodeConferenceReply,
  encodeConferenceRequest,
} from './conference-request.ts'
import { decodeCaps, decodeNick, decodeOccupantItem, decodeSourceInfo, encodeSourceInfo } from './presence.ts'
import { el, serialize } from './xml.ts'
import { parseXml } from './xml-reader.ts'

test('an occupant presence is understood', () => {
  const presence = parseXml(`<presence from="r1@muc.meet.example/bbbbbbbb" xmlns="jabber:client">
    <c xmlns="http://jabber.org/protocol/caps" hash="sha-1" node="https://jitsi.org/jitsi-meet" ver="q8v="/>
    <SourceInfo>{"bbbbbbbb-a0":{"muted":false},"bbbbbbbb-v0":{"muted":true,"videoType":"desktop"},"cccccccc-a0":{"muted":false}}</SourceInfo>
    <nick xmlns="http://jabber.org/protocol/nick">Bob</nick>
    <x xmlns="http://jabber.org/protocol/muc#user"><item affiliation="owner" role="moderator" jid="b@meet.example/R"/><status code="110"/></x>
  </presence>`)
  assert.deepEqual(decodeOccupantItem(presence), {
    affiliation: 'owner',
    role: 'moderator',
    jid: 'b@meet.example/R',
    statusCodes: [110],
  })
  assert.deepEqual(decodeCaps(presence), { node: 'https://jitsi.org/jitsi-meet', ver: 'q8v=' })
  assert.equal(decodeNick(presence), 'Bob')
  const states = decodeSourceInfo(presence, 'bbbbbbbb')
  assert.deepEqual(
    [...states],
    [
      ['bbbbbbbb-a0', { muted: false }],
      ['bbbbbbbb-v0', { muted: true, videoType: 'desktop' }],
    ],
  )
  assert.deepEqual(decodeSourceInfo(el('presence', 'jabber:client', {}, encodeSourceInfo(states)), 'bbbbbbbb'), states)
  for (const junk of ['{', '[]', '7', '{"bbbbbbbb-a0":7}', '{"bbbbbbbb-a0":null}']) {
    assert.equal(
      decodeSourceInfo(parseXml(`<presence><SourceInfo>${junk}</SourceInfo></presence>`), 'bbbbbbbb').size,
      0,
    )
  }
})

test('a conference request and its reply survive the wire', () => {
  const request = {
    room: 'r1@muc.meet.example',
    machineUid: 'd41d',
    token: 'eyJ',
    sessionId: 's1',
    properties: { startAudioMuted: '10', rtcstatsEnabled: 'false' },
  }
  assert.deepEqual(decodeConferenceRequest(parseXml(serialize(encodeConferenceRequest(request)))), request)
  const reply = {
    room: 'r1@muc.meet.example',
    focusJid: 'focus@auth.meet.example',
    ready: true,
    properties: { authentication: 'false' },
  }
  assert.deepEqual(decodeConferenceReply(parseXml(serialize(encodeConferenceReply(reply)))), reply)
})

test('a conference request needs the bare address of a room', () => {
  for (const room of ['', 'muc.meet.example', 'r1@muc.meet.example/x', 'a b@muc']) {
    const element = el('conference', 'http://jitsi.org/protocol/focus', { room })
    assert.equal(decodeConferenceRequest(element), undefined, room)
  }
})
