import assert from 'node:assert/strict'
import { test } from 'node:test'
import { child, childElements, NS, textOf } from '@parley/protocol'
import {
  alice,
  aliceJid,
  bob,
  bobLeaves,
  bobPresence,
  Conversation,
  focus,
  focusPresence,
  ownPresence,
  readyReply,
  room,
  track,
} from './conversation.ts'

const notReady = readyReply.replace('ready="true"', 'ready="false"')

function refusedBy(error: string): string {
  return `<presence type="error" from="${alice}" to="${aliceJid}"><error ${error}</error></presence>`
}

test('asks the focus first, again while it is not ready, then enters', async () => {
  const conversation = new Conversation()
  const connection = await conversation.logIn()
  const joining = connection.join({ room: 'R1', displayName: 'Alice', audioTrack: track('audio', 'mic') })
  const request = await conversation.hearsOne('iq')
  assert.equal(request.attrs.to, 'focus.meet.example')
  assert.equal(child(request, 'conference', NS.focus)?.attrs.room, room)
  await conversation.answer(request, notReady)
  assert.deepEqual(await conversation.hears(), [])
  await conversation.clock.advance(1000)
  await conversation.answer(await conversation.hearsOne('iq'), notReady)
  await conversation.clock.advance(1999)
  assert.deepEqual(await conversation.hears(), [])
  await conversation.clock.advance(1)
  await conversation.answer(await conversation.hearsOne('iq'), readyReply)

  const presence = await conversation.hearsOne('presence')
  assert.equal(presence.attrs.to, alice)
  assert.ok(child(presence, 'x', NS.muc))
  assert.match(child(presence, 'c', NS.caps)?.attrs.ver ?? '', /^[A-Za-z0-9+/]{27}=$/)
  assert.deepEqual(JSON.parse(textOf(child(presence, 'SourceInfo'))), {
    'aaaaaaaa-a0': { muted: false },
    'aaaaaaaa-v0': { muted: true, videoType: 'camera' },
  })
  assert.equal(textOf(child(presence, 'nick', NS.nick)), 'Alice')

  await conversation.says(focusPresence, bobPresence(), ownPresence())
  const conference = await joining
  assert.deepEqual([...conference.participants.keys()], ['aaaaaaaa', 'bbbbbbbb'])
  assert.equal(conference.participants.get('bbbbbbbb')?.displayName, 'Bob')
  assert.equal(conference.localParticipant.role, 'moderator')
  await conversation.answer(
    await conversation.hearsOne('iq'),
    '<query xmlns="http://jabber.org/protocol/disco#info"><x xmlns="jabber:x:data" type="result"><field var="muc#roominfo_meetingId"><value>m1</value></field></x></query>',
  )
  assert.equal(conference.meetingId, 'm1')
})

const refusals = [
  ['a wrong password', 'type="auth"><not-authorized xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>', 'not-authorized'],
  [
    'a full room',
    'type="wait"><service-unavailable xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/>',
    'service-unavailable',
  ],
] as const

for (const [name, error, condition] of refusals) {
  test(`${name} ends the attempt at once, and another may follow`, async () => {
    const conversation = new Conversation()
    const connection = await conversation.logIn()
    const joining = assert.rejects(connection.join({ room: 'r1' }), { reason: 'join-refused', condition })
    await conversation.answer(await conversation.hearsOne('iq'), readyReply)
    await conversation.hearsOne('presence')
    await conversation.says(refusedBy(error))
    await joining
    const again = connection.join({ room: 'r1', password: 's3cret' })
    await conversation.answer(await conversation.hearsOne('iq'), readyReply)
    const presence = await conversation.hearsOne('presence')
    assert.equal(textOf(child(child(presence, 'x', NS.muc) as never, 'password')), 's3cret')
    await conversation.says(ownPresence())
    assert.equal((await again).room, room)
  })
}

test('a room that closed meanwhile is asked for again', async () => {
  const conversation = new Conversation()
  const connection = await conversation.logIn()
  const joining = connection.join({ room: 'r1' })
  await conversation.answer(await conversation.hearsOne('iq'), readyReply)
  await conversation.hearsOne('presence')
  await conversation.says(
    refusedBy(
      'type="cancel"><not-allowed xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><room-does-not-exist xmlns="http://jitsi.org/jitmeet"/>',
    ),
  )
  await conversation.clock.advance(1000)
  await conversation.answer(await conversation.hearsOne('iq'), readyReply)
  await conversation.hearsOne('presence')
  await conversation.says(ownPresence())
  assert.equal((await joining).hasEnded, false)
})

test('one conference at a time; an abort undoes the join', async () => {
  const conversation = new Conversation()
  const connection = await conversation.logIn()
  const controller = new AbortController()
  const first = assert.rejects(connection.join({ room: 'r1', signal: controller.signal }), { reason: 'aborted' })
  await assert.rejects(connection.join({ room: 'r2' }), { reason: 'bad-argument' })
  await assert.rejects(connection.join({ room: 'not a room' }), { reason: 'bad-argument' })
  await conversation.answer(await conversation.hearsOne('iq'), readyReply)
  await conversation.hearsOne('presence')
  controller.abort()
  assert.equal((await conversation.hearsOne('presence')).attrs.type, 'unavailable')
  await conversation.clock.advance(5000)
  await first
  const again = connection.join({ room: 'r1' })
  await conversation.answer(await conversation.hearsOne('iq'), readyReply)
  await conversation.hearsOne('presence')
  await conversation.says(ownPresence())
  assert.equal((await again).hasEnded, false)
})

test('leaving waits for the room, but not for ever', async () => {
  for (const isConfirmed of [true, false]) {
    const conversation = new Conversation()
    const conference = await conversation.join()
    const reasons: unknown[] = []
    conference.subscribe('ended', (reason) => reasons.push(reason))
    const leaving = conference.leave()
    assert.equal((await conversation.hearsOne('presence')).attrs.type, 'unavailable')
    if (isConfirmed) {
      await conversation.says(
        `<presence type="unavailable" from="${alice}" to="${aliceJid}"><x xmlns="http://jabber.org/protocol/muc#user"><item affiliation="none" role="none"/><status code="110"/></x></presence>`,
      )
    } else await conversation.clock.advance(5000)
    await leaving
    await conference.leave()
    assert.deepEqual(reasons, [{ kind: 'left' }])
    assert.equal(conference.hasEnded, true)
    await assert.rejects(conference.setMuted('audio', true), { reason: 'closed' })
    assert.throws(() => conference.sendChat('too late'), { reason: 'closed' })
  }
})

test('others come, change and go', async () => {
  const conversation = new Conversation()
  const conference = await conversation.join()
  const events: string[] = []
  conference.subscribe('participantJoined', ({ id, displayName }) => events.push(`${id} joined as ${displayName}`))
  conference.subscribe('participantUpdated', (now, before) => {
    events.push(`${now.id} muted ${before.audioMuted} → ${now.audioMuted}, hand ${now.raisedHandAt ?? 'down'}`)
  })
  conference.subscribe('participantLeft', ({ id }, why) => events.push(`${id} ${why}`))
  await conversation.says(
    bobPresence(),
    bobPresence(),
    bobPresence(
      '<SourceInfo>{"bbbbbbbb-a0":{"muted":false}}</SourceInfo><jitsi_participant_raisedHand>170</jitsi_participant_raisedHand>',
    ),
    bobPresence('<SourceInfo>{"bbbbbbbb-a0":{"mu</SourceInfo>'),
    bobLeaves,
    bobLeaves,
  )
  assert.deepEqual(events, [
    'bbbbbbbb joined as Bob',
    'bbbbbbbb muted true → false, hand 170',
    'bbbbbbbb muted false → true, hand down',
    'bbbbbbbb left',
  ])
})

test('being kicked, a destroyed room, a lost stream and a lost focus each end the conference once', async () => {
  const x = (content: string) => `<x xmlns="http://jabber.org/protocol/muc#user">${content}</x>`
  const gone = (from: string, content: string) =>
    `<presence type="unavailable" from="${from}" to="${aliceJid}">${x(content)}</presence>`
  const cases = [
    [
      gone(
        alice,
        '<item affiliation="none" role="none"><actor nick="bbbbbbbb"/><reason>noise</reason></item><status code="307"/><status code="110"/>',
      ),
      { kind: 'kicked', actorId: 'bbbbbbbb', message: 'noise' },
    ],
    [
      gone(
        alice,
        '<item affiliation="none" role="none"/><destroy><reason>The meeting has been terminated</reason></destroy>',
      ),
      { kind: 'room-destroyed', message: 'The meeting has been terminated' },
    ],
    [
      gone(focus, '<item affiliation="none" role="none"/>'),
      { kind: 'focus-left', message: 'the conference focus left the room' },
    ],
    ['', { kind: 'connection-lost', message: 'the connection to wss://meet.example/xmpp-websocket closed (1006)' }],
  ] as const
  for (const [stanza, expected] of cases) {
    const conversation = new Conversation()
    const conference = await conversation.join()
    const reasons: unknown[] = []
    conference.subscribe('ended', (reason) => reasons.push(reason))
    if (stanza) await conversation.says(stanza)
    else conversation.socket.drop(1006)
    assert.deepEqual(reasons, [expected])
    await conference.leave()
    assert.equal(reasons.length, 1)
  }
})

test('chat: own lines come back from the room, private ones do not', async () => {
  const conversation = new Conversation()
  const conference = await conversation.join({}, [bobPresence()])
  const lines: string[] = []
  conference.subscribe('messageReceived', ({ senderName, text, isLocal, isPrivate }) => {
    lines.push(`${senderName}: ${text}${isLocal ? ' (own)' : ''}${isPrivate ? ' (private)' : ''}`)
  })
  const id = conference.sendChat('hello <all>')
  const sent = await conversation.hearsOne('message')
  assert.deepEqual([sent.attrs.to, sent.attrs.type, sent.attrs.id], [room, 'groupchat', id])
  assert.equal(textOf(child(sent, 'body')), 'hello <all>')
  assert.deepEqual(lines, [])
  const echo = `<message from="${alice}" to="${aliceJid}" type="groupchat" id="${id}"><body>hello &lt;all&gt;</body></message>`
  await conversation.says(echo, echo)
  conference.sendPrivateChat('bbbbbbbb', 'psst')
  assert.equal((await conversation.hearsOne('message')).attrs.to, bob)
  await conversation.says(
    `<message from="${bob}" to="${aliceJid}" type="chat" id="x1"><body>yes?</body></message>`,
    `<message from="${room}" type="groupchat"><subject>topic</subject></message>`,
    `<message from="${room}" type="groupchat"><json-message xmlns="http://jitsi.org/jitmeet">{"type":"x"}</json-message></message>`,
    `<message from="${bob}" type="groupchat" id="x2"><body>old</body><delay xmlns="urn:xmpp:delay" stamp="2026-01-02T03:04:05Z"/></message>`,
  )
  assert.deepEqual(lines, [
    'Alice: hello <all> (own)',
    'Alice: psst (own) (private)',
    'Bob: yes? (private)',
    'Bob: old',
  ])
  assert.equal(conference.messages.at(-1)?.sentAt, Date.UTC(2026, 0, 2, 3, 4, 5))
  assert.throws(() => conference.sendChat(''), { reason: 'bad-argument' })
})

test('what moderators do', async () => {
  const conversation = new Conversation()
  const conference = await conversation.join({}, [bobPresence()])
  const kicking = conference.kick('bbbbbbbb', 'noise')
  const kick = await conversation.hearsOne('iq')
  const item = childElements(child(kick, 'query', NS.mucAdmin) as never, 'item')[0]
  assert.deepEqual(item?.attrs, { nick: 'bbbbbbbb', role: 'none' })
  await conversation.answer(kick)
  await kicking
  const muting = assert.rejects(conference.muteParticipant('bbbbbbbb', 'audio'), {
    reason: 'refused',
    condition: 'not-allowed',
  })
  const mute = await conversation.hearsOne('iq')
  assert.equal(mute.attrs.to, focus)
  assert.equal(child(mute, 'mute', NS.muteAudio)?.attrs.jid, bob)
  await conversation.refuse(mute, 'not-allowed')
  await muting
})
