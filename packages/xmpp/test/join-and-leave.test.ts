import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NS, parseXml } from '@parley/protocol'
import { errorXml, focusBare, focusJid, userX, World } from './world.ts'

const room = 'r1@muc.meet.example'
const focusX = userX({ jid: focusJid }, { affiliation: 'owner', role: 'moderator' })
const subject = (to: string) => `<message type="groupchat" from="${room}" to="${to}"><subject/></message>`

test('the focus creates a room and configures it', () => {
  const world = new World()
  const focus = world.focus('other@muc.meet.example')
  focus.send(`<presence to="${room}/focus"><x xmlns="${NS.muc}"/><versions xmlns="${NS.jitmeet}"/></presence>`)
  focus.receives(
    `<presence from="${room}/focus" to="${focusJid}">
       ${userX({ jid: focusJid }, { affiliation: 'owner', role: 'moderator', statuses: [100, 201, 110] })}
       <versions xmlns="${NS.jitmeet}"/></presence>`,
    subject(focusJid),
  )
  focus.send(`<iq type="set" id="1" to="${room}"><query xmlns="${NS.mucOwner}"><x xmlns="${NS.dataForms}" type="submit">
    <field var="FORM_TYPE"><value>${NS.mucRoomConfig}</value></field>
    <field var="muc#roomconfig_whois"><value>anyone</value></field></x></query></iq>`)
  focus.receives(`<iq type="result" id="1" from="${room}" to="${focusJid}"/>`)
  assert.equal(world.server.statistics().rooms, 2)
})

test('a newcomer hears of the focus first, then of the others, then of itself; the others hear of the newcomer', () => {
  const world = new World()
  const focus = world.focus(room)
  const ada = world.client()
  const payload = `<stats-id>Ada-x1Y</stats-id><c xmlns="${NS.caps}" hash="sha-1" node="n" ver="v"/>
    <SourceInfo>{"x-a0":{"muted":false}}</SourceInfo><nick xmlns="${NS.nick}">Ada</nick>`
  ada.send(`<presence to="${room}/${ada.nick}"><x xmlns="${NS.muc}"/>${payload}</presence>`)
  const adaPresence = (to: string, statuses: number[] = []) =>
    `<presence from="${room}/${ada.nick}" to="${to}">${userX(ada, { statuses })}${payload}</presence>`
  ada.receives(
    `<presence from="${room}/focus" to="${ada.jid}">${focusX}</presence>`,
    adaPresence(ada.jid, [100, 110]),
    subject(ada.jid),
  )
  focus.receives(adaPresence(focusJid))

  const bob = world.client()
  bob.send(`<presence to="${room}/${bob.nick}"><x xmlns="${NS.muc}"/></presence>`)
  const bobPresence = (to: string, statuses: number[] = []) =>
    `<presence from="${room}/${bob.nick}" to="${to}">${userX(bob, { statuses })}</presence>`
  bob.receives(
    `<presence from="${room}/focus" to="${bob.jid}">${focusX}</presence>`,
    adaPresence(bob.jid),
    bobPresence(bob.jid, [100, 110]),
    subject(bob.jid),
  )
  ada.receives(bobPresence(ada.jid))
  focus.receives(bobPresence(focusJid))
})

test('a focus that comes back late is still the first that newcomers hear of', () => {
  const world = new World()
  const focus = world.focus(room)
  const ada = world.occupant(room)
  focus.close()
  assert.equal(ada.take().length, 1)
  world.focus(room)
  const bob = world.client()
  bob.send(`<presence to="${room}/${bob.nick}"><x xmlns="${NS.muc}"/></presence>`)
  const senders = bob.take().map((stanza) => stanza.attrs.from)
  assert.deepEqual(senders, [`${room}/focus`, `${room}/${ada.nick}`, `${room}/${bob.nick}`, room])
})

test('presence updates reach everybody, complete, without what only the server may say', () => {
  const world = new World()
  const focus = world.focus(room)
  const ada = world.occupant(room)
  const bob = world.occupant(room, '', [ada, focus])
  focus.take()
  bob.send(`<presence to="${room}/${bob.nick}">
    <x xmlns="vcard-temp:x:update"/><x xmlns="${NS.mucUser}"><item affiliation="owner" role="moderator"/></x>
    <identity><user><id>1</id></user></identity><permissions xmlns="${NS.jitmeet}"/><user/><group/>
    <jitsi_participant_raisedHand>1766000000000</jitsi_participant_raisedHand></presence>`)
  const updated = (to: string, statuses: number[] = []) =>
    `<presence from="${room}/${bob.nick}" to="${to}">${userX(bob, { statuses })}<x xmlns="vcard-temp:x:update"/>
     <jitsi_participant_raisedHand>1766000000000</jitsi_participant_raisedHand></presence>`
  bob.receives(updated(bob.jid, [110]))
  ada.receives(updated(ada.jid))
  focus.receives(updated(focusJid))
  bob.send(`<presence to="${room}/${bob.nick}"/>`)
  ada.receives(`<presence from="${room}/${bob.nick}" to="${ada.jid}">${userX(bob)}</presence>`)
})

test('a second join presence of an occupant brings everything again', () => {
  const world = new World()
  world.focus(room)
  const ada = world.occupant(room)
  ada.send(`<presence to="${room}/${ada.nick}"><x xmlns="${NS.muc}"/></presence>`)
  const senders = ada.take().map((stanza) => stanza.attrs.from)
  assert.deepEqual(senders, [`${room}/${ada.nick}`, `${room}/focus`, `${room}/${ada.nick}`, room])
})

test('leaving is confirmed with 110 and tells the others why', () => {
  const world = new World()
  const focus = world.focus(room)
  const ada = world.occupant(room, '', [focus])
  ada.send(`<presence type="unavailable" to="${room}/${ada.nick}"><status>switch_room</status></presence>`)
  const gone = (to: string, statuses: number[] = []) =>
    `<presence type="unavailable" from="${room}/${ada.nick}" to="${to}">
     ${userX(ada, { role: 'none', statuses })}<status>switch_room</status></presence>`
  ada.receives(gone(ada.jid, [110]))
  focus.receives(gone(focusJid))
  ada.send(`<presence type="unavailable" to="${room}/${ada.nick}"/>`)
  ada.receivesNothing()
  focus.receivesNothing()
})

test('unavailable presence to nobody in particular leaves every room', () => {
  const world = new World()
  const focus = world.focus(room)
  const ada = world.occupant(room, '', [focus])
  ada.send('<presence type="unavailable"/>')
  assert.equal(ada.take().length, 1)
  focus.receives(
    `<presence type="unavailable" from="${room}/${ada.nick}" to="${focusJid}">${userX(ada, { role: 'none' })}</presence>`,
  )
})

test('a lost socket leaves at once; the reloaded page is one participant, not two', () => {
  const world = new World()
  const focus = world.focus(room)
  const ada = world.occupant(room, '', [focus])
  const bob = world.occupant(room, '', [focus, ada])
  ada.disconnect()
  const gone = (to: string) =>
    `<presence type="unavailable" from="${room}/${ada.nick}" to="${to}">${userX(ada, { role: 'none' })}</presence>`
  bob.receives(gone(bob.jid))
  focus.receives(gone(focusJid))
  const again = world.occupant(room, '', [bob, focus])
  assert.notEqual(again.nick, ada.nick)
  assert.equal(world.server.rooms()[0]?.occupants, 3)
})

test('the room ends with its last occupant, and the next one is another meeting', () => {
  const world = new World()
  const focus = world.focus(room)
  const ada = world.occupant(room)
  const first = world.server.rooms()[0]?.meetingId
  focus.send(`<presence type="unavailable" to="${room}/focus"/>`)
  assert.equal(world.server.statistics().rooms, 1)
  ada.disconnect()
  assert.equal(world.server.statistics().rooms, 0)
  focus.send(`<presence to="${room}/focus"><x xmlns="${NS.muc}"/></presence>`)
  assert.notEqual(world.server.rooms()[0]?.meetingId, first)
})

const restricted = errorXml(
  'cancel',
  'not-allowed',
  'Room creation is restricted',
  `<room-does-not-exist xmlns="${NS.jitmeet}"/>`,
)

test('nobody else creates rooms, and nobody enters one before its focus', () => {
  const world = new World({ roomCreators: ['tester@auth.meet.example'] })
  const ada = world.client()
  const join = `<presence id="j" to="${room}/${ada.nick}"><x xmlns="${NS.muc}"/></presence>`
  const refusal = `<presence type="error" id="j" from="${room}/${ada.nick}" to="${ada.jid}">${restricted}</presence>`
  ada.send(join)
  ada.receives(refusal)
  assert.equal(world.server.statistics().rooms, 0)
  const tester = world.server.router.attachUser('tester@auth.meet.example/x', () => {})
  tester.send(parseXml(`<presence to="${room}/tester"><x xmlns="${NS.muc}"/></presence>`))
  world.settle()
  assert.equal(world.server.statistics().rooms, 1)
  ada.send(join)
  ada.receives(refusal)
  world.focus(room)
  ada.send(join)
  assert.equal(ada.take().at(-2)?.attrs.from, `${room}/${ada.nick}`)
})

test('a refused join is not a presence to be ended later', () => {
  const world = new World({ limits: { maxRoomsPerClient: 2 } })
  const ada = world.client()
  for (const name of ['a', 'b', 'c', 'd']) {
    ada.send(`<presence to="${name}@muc.meet.example/${ada.nick}"><x xmlns="${NS.muc}"/></presence>`)
    assert.equal(ada.take()[0]?.attrs.type, 'error')
  }
})

test('one client is in a bounded number of rooms', () => {
  const world = new World({ limits: { maxRoomsPerClient: 1 } })
  const focus = world.focus(room)
  focus.send(`<presence to="r2@muc.meet.example/focus"><x xmlns="${NS.muc}"/></presence>`)
  const ada = world.occupant(room)
  const other = `r2@muc.meet.example/${ada.nick}`
  ada.send(`<presence to="${other}"><x xmlns="${NS.muc}"/></presence>`)
  ada.receives(
    `<presence type="error" from="${other}" to="${ada.jid}">
     ${errorXml('wait', 'resource-constraint', 'present at too many addresses')}</presence>`,
  )
})

test('nicks: plain words, nobody else is the focus or the bridge, one each, fixed', () => {
  const world = new World()
  world.focus(room)
  const ada = world.client()
  const refused = (nick: string) => {
    ada.send(`<presence to="${room}/${nick}"><x xmlns="${NS.muc}"/></presence>`)
    const [error] = ada.take()
    assert.equal(error?.attrs.type, 'error', nick)
    return error?.children.map((node) => (typeof node === 'string' ? '' : node.children[0]))[0]
  }
  for (const nick of ['focus', 'Focus', 'jvb', 'a b', 'é', '_a', '../x', 'a'.repeat(65)]) {
    const condition = refused(nick)
    assert.ok(typeof condition === 'object' && condition.name === 'not-allowed', nick)
  }
  ada.send(`<presence to="${room}"><x xmlns="${NS.muc}"/></presence>`)
  ada.receives(
    `<presence type="error" from="${room}" to="${ada.jid}">
     ${errorXml('modify', 'jid-malformed', 'A nick is needed to join a room')}</presence>`,
  )
  ada.send(`<presence to="${room}/ada"><x xmlns="${NS.muc}"/></presence>`)
  ada.take()
  ada.send(`<presence to="${room}/ada2"/>`)
  ada.receives(
    `<presence type="error" from="${room}/ada2" to="${ada.jid}">
     ${errorXml('modify', 'not-acceptable', 'Nicks are fixed for the stay in a room')}</presence>`,
  )
  const bob = world.client()
  bob.send(`<presence to="${room}/ada"><x xmlns="${NS.muc}"/></presence>`)
  bob.receives(
    `<presence type="error" from="${room}/ada" to="${bob.jid}">
     ${errorXml('cancel', 'conflict', 'The nick is in use')}</presence>`,
  )
  ada.receivesNothing()
})

test('presence from outside without a join is refused, and a huge one everywhere', () => {
  const world = new World()
  world.focus(room)
  const ada = world.client()
  ada.send(`<presence to="${room}/ada"/>`)
  ada.receives(
    `<presence type="error" from="${room}/ada" to="${ada.jid}">
     ${errorXml('cancel', 'item-not-found', 'You are not in this room')}</presence>`,
  )
  const bob = world.occupant(room)
  const eve = world.occupant(room, '', [bob])
  eve.send(`<presence to="${room}/${eve.nick}"><big>${'x'.repeat(40_000)}</big></presence>`)
  eve.receives(
    `<presence type="error" from="${room}/${eve.nick}" to="${eve.jid}">
     ${errorXml('modify', 'policy-violation', 'Presence is limited to 32768 characters')}</presence>`,
  )
  bob.receivesNothing()
  eve.disconnect()
  assert.equal(bob.take().length, 1, 'a refused update does not make the room forget')
})

test('a full room takes nobody more', () => {
  const world = new World({ limits: { muc: { maxOccupants: 2 } } })
  world.focus(room)
  world.occupant(room)
  const bob = world.client()
  bob.send(`<presence to="${room}/${bob.nick}"><x xmlns="${NS.muc}"/></presence>`)
  bob.receives(
    `<presence type="error" from="${room}/${bob.nick}" to="${bob.jid}">
     ${errorXml('wait', 'service-unavailable', 'The room is full')}</presence>`,
  )
})

test('the owners of every room are its creators', () => {
  const world = new World()
  const focus = world.focus(room)
  focus.send(
    `<iq type="get" id="1" to="${room}"><query xmlns="${NS.mucAdmin}"><item affiliation="owner"/></query></iq>`,
  )
  focus.receives(
    `<iq type="result" id="1" from="${room}" to="${focusJid}"><query xmlns="${NS.mucAdmin}">
     <item affiliation="owner" jid="${focusBare}"/></query></iq>`,
  )
})
