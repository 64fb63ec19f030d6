import { test } from 'node:test'
import { NS } from '@parley/protocol'
import { errorXml, focusBare, focusJid, userX, World } from './world.ts'

const room = 'r1@muc.meet.example'

function meeting() {
  const world = new World()
  const focus = world.focus(room)
  const ada = world.occupant(room, '', [focus])
  const bob = world.occupant(room, '<stats-id>Bob</stats-id>', [focus, ada])
  const admin = (items: string, id = 'a') =>
    `<iq type="set" id="${id}" to="${room}"><query xmlns="${NS.mucAdmin}">${items}</query></iq>`
  /** As the focus does for the first participant. */
  const promoteAda = () => {
    focus.send(admin(`<item affiliation="owner" jid="${ada.bareJid}"/>`))
    for (const one of [focus, ada, bob]) one.take()
  }
  const result = (to: string) => `<iq type="result" id="a" from="${room}" to="${to}"/>`
  const refusal = (to: string, type: string, condition: string, text: string) =>
    `<iq type="error" id="a" from="${room}" to="${to}">${errorXml(type, condition, text)}</iq>`
  return { world, focus, ada, bob, admin, promoteAda, result, refusal }
}

test('an owner becomes moderator, and is one no more when it is revoked', () => {
  const { focus, ada, bob, admin, result } = meeting()
  focus.send(admin(`<item affiliation="owner" jid="${ada.bareJid}"><reason/></item>`))
  const presence = (to: string, affiliation: string, role: string, statuses: number[] = []) =>
    `<presence from="${room}/${ada.nick}" to="${to}">${userX(ada, { affiliation, role, statuses })}</presence>`
  focus.receives(presence(focusJid, 'owner', 'moderator'), result(focusJid))
  ada.receives(presence(ada.jid, 'owner', 'moderator', [110]))
  bob.receives(presence(bob.jid, 'owner', 'moderator'))
  focus.send(admin(`<item affiliation="none" jid="${ada.jid}"/>`))
  ada.receives(presence(ada.jid, 'none', 'participant', [110]))
})

test('a kick: 307 with actor and reason to everybody, and the affiliation is gone', () => {
  const { focus, ada, bob, admin, promoteAda, result } = meeting()
  promoteAda()
  focus.send(admin(`<item affiliation="member" jid="${bob.bareJid}"/>`))
  for (const one of [focus, ada, bob]) one.take()
  ada.send(admin(`<item nick="${bob.nick}" role="none"><reason>Enough</reason></item>`))
  const inside = `<actor nick="${ada.nick}"/><reason>Enough</reason>`
  const kicked = (to: string, statuses: number[]) =>
    `<presence type="unavailable" from="${room}/${bob.nick}" to="${to}">
     ${userX(bob, { role: 'none', statuses, inside })}</presence>`
  bob.receives(kicked(bob.jid, [307, 110]))
  ada.receives(kicked(ada.jid, [307]), result(ada.jid))
  focus.receives(kicked(focusJid, [307]))
  bob.disconnect()
  focus.receivesNothing()
})

test('participants moderate nothing', () => {
  const { focus, ada, bob, admin, refusal } = meeting()
  ada.send(admin(`<item nick="${bob.nick}" role="none"/>`))
  ada.receives(refusal(ada.jid, 'auth', 'forbidden', 'Only moderators may do this'))
  ada.send(admin(`<item affiliation="owner" jid="${ada.bareJid}"/>`))
  ada.receives(refusal(ada.jid, 'auth', 'forbidden', 'Only owners may do this'))
  ada.send(`<iq type="get" id="a" to="${room}"><query xmlns="${NS.mucAdmin}"><item role="moderator"/></query></iq>`)
  ada.receives(refusal(ada.jid, 'auth', 'forbidden', 'Only moderators may do this'))
  ada.send(`<iq type="get" id="a" to="${room}"><query xmlns="${NS.mucOwner}"/></iq>`)
  ada.receives(refusal(ada.jid, 'auth', 'forbidden', 'Only owners configure a room'))
  bob.receivesNothing()
  focus.receivesNothing()
})

test('nobody moderates the focus', () => {
  const { focus, ada, admin, promoteAda, refusal } = meeting()
  promoteAda()
  ada.send(admin('<item nick="focus" role="none"/>'))
  ada.receives(refusal(ada.jid, 'cancel', 'not-allowed', 'The focus stays as it is'))
  ada.send(admin(`<item affiliation="outcast" jid="${focusBare}"/>`))
  ada.receives(refusal(ada.jid, 'cancel', 'not-allowed', 'The focus stays as it is'))
  ada.send(`<iq type="set" id="a" to="${room}"><query xmlns="${NS.mucOwner}"><destroy/></query></iq>`)
  ada.receives(refusal(ada.jid, 'auth', 'forbidden', 'Only the focus ends a room'))
  focus.receivesNothing()
})

test('a request with one bad item changes nothing', () => {
  const { focus, bob, ada, admin, refusal } = meeting()
  const good = `<item affiliation="member" jid="${ada.bareJid}"/>`
  const bad: readonly (readonly [item: string, type: string, condition: string, text: string])[] = [
    ['<item affiliation="king" jid="x@y"/>', 'modify', 'bad-request', 'no such affiliation'],
    ['<item affiliation="member" jid="@@"/>', 'modify', 'jid-malformed', 'an affiliation needs the address of a user'],
    ['<item nick="nobody" role="none"/>', 'cancel', 'item-not-found', 'nobody here is "nobody"'],
    ['<item jid="x@y"/>', 'modify', 'bad-request', 'an item has a role or an affiliation'],
    ['<item role="none"/>', 'modify', 'bad-request', 'a role needs the nick of an occupant'],
  ]
  for (const [item, ...error] of bad) {
    focus.send(admin(good + item))
    focus.receives(refusal(focusJid, ...error))
  }
  focus.send(admin(''))
  focus.receives(refusal(focusJid, 'modify', 'bad-request', 'no items'))
  ada.receivesNothing()
  bob.receivesNothing()
})

test('several members in one request, as the client does before it closes the room', () => {
  const { focus, ada, bob, admin, result } = meeting()
  focus.send(
    admin(`<item affiliation="member" jid="${ada.bareJid}"/><item affiliation="member" jid="${bob.bareJid}"/>`),
  )
  const of = (who: typeof ada, payload = '') =>
    `<presence from="${room}/${who.nick}" to="${focusJid}">${userX(who, { affiliation: 'member' })}${payload}</presence>`
  focus.receives(of(ada), of(bob, '<stats-id>Bob</stats-id>'), result(focusJid))
  focus.send(
    `<iq type="get" id="a" to="${room}"><query xmlns="${NS.mucAdmin}"><item affiliation="member"/></query></iq>`,
  )
  focus.receives(
    `<iq type="result" id="a" from="${room}" to="${focusJid}"><query xmlns="${NS.mucAdmin}">
     <item affiliation="member" jid="${ada.bareJid}"/><item affiliation="member" jid="${bob.bareJid}"/></query></iq>`,
  )
})

test('a ban removes and keeps out', () => {
  const { focus, ada, bob, admin } = meeting()
  focus.send(admin(`<item affiliation="outcast" jid="${bob.bareJid}"/>`))
  ada.receives(
    `<presence type="unavailable" from="${room}/${bob.nick}" to="${ada.jid}">
     ${userX(bob, { affiliation: 'outcast', role: 'none', statuses: [301], inside: '<actor nick="focus"/>' })}</presence>`,
  )
  bob.take()
  bob.send(`<presence to="${room}/${bob.nick}"><x xmlns="${NS.muc}"/></presence>`)
  bob.receives(
    `<presence type="error" from="${room}/${bob.nick}" to="${bob.jid}">
     ${errorXml('auth', 'forbidden', 'You are banned from this room')}</presence>`,
  )
})

test('visitors listen', () => {
  const { focus, bob, admin } = meeting()
  focus.send(admin(`<item nick="${bob.nick}" role="visitor"/>`))
  bob.take()
  bob.send(`<message type="groupchat" id="m" to="${room}"><body>x</body></message>`)
  bob.receives(
    `<message type="error" id="m" from="${room}" to="${bob.jid}">${errorXml('auth', 'forbidden', 'Visitors listen')}</message>`,
  )
})

test('the focus ends the room for everybody', () => {
  const { world, focus, ada } = meeting()
  focus.send(`<iq type="set" id="d" to="${room}"><query xmlns="${NS.mucOwner}">
    <destroy jid="main@muc.meet.example"><reason>Over</reason></destroy></query></iq>`)
  ada.receives(
    `<presence type="unavailable" from="${room}/${ada.nick}" to="${ada.jid}"><x xmlns="${NS.mucUser}">
     <item affiliation="none" role="none" jid="${ada.jid}"/><status code="110"/>
     <destroy jid="main@muc.meet.example"><reason>Over</reason></destroy></x></presence>`,
  )
  if (world.server.statistics().rooms !== 0) throw new Error('the room is still there')
})
