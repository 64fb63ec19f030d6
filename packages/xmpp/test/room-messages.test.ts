import { test } from 'node:test'
import { NS } from '@parley/protocol'
import { errorXml, focusJid, World } from './world.ts'

const room = 'r1@muc.meet.example'

function meeting() {
  const world = new World()
  const focus = world.focus(room)
  const ada = world.occupant(room, '', [focus])
  const bob = world.occupant(room, '', [focus, ada])
  const outsider = world.client()
  return { world, focus, ada, bob, outsider }
}

test('a chat line reaches everybody, its author too, with its id', () => {
  const { ada, bob, focus, outsider } = meeting()
  ada.send(`<message type="groupchat" id="m1" to="${room}" xml:lang="de"><body>Hallo</body>
    <reply xmlns="urn:xmpp:reply:0" to="m0"/><nick xmlns="${NS.nick}">Somebody else</nick>
    <delay xmlns="${NS.delay}" stamp="2000-01-01T00:00:00Z"/><x xmlns="${NS.mucUser}"><status code="104"/></x></message>`)
  const line = (to: string) =>
    `<message type="groupchat" id="m1" from="${room}/${ada.nick}" to="${to}" xml:lang="de"><body>Hallo</body>
     <reply xmlns="urn:xmpp:reply:0" to="m0"/></message>`
  ada.receives(line(ada.jid))
  bob.receives(line(bob.jid))
  focus.receives(line(focusJid))
  outsider.receivesNothing()
})

test('json-message, reactions and private text', () => {
  const { ada, bob, focus } = meeting()
  const json = `<json-message xmlns="${NS.jitmeet}">{"type":"x","a":"&lt;"}</json-message>`
  ada.send(`<message type="groupchat" to="${room}">${json}</message>`)
  bob.receives(`<message type="groupchat" from="${room}/${ada.nick}" to="${bob.jid}">${json}</message>`)
  ada.take()
  focus.take()
  const reaction = '<reactions xmlns="urn:xmpp:reactions:0" id="m1"><reaction>👍</reaction></reactions>'
  bob.send(`<message type="chat" id="p" to="${room}/${ada.nick}">${reaction}</message>`)
  ada.receives(`<message type="chat" id="p" from="${room}/${bob.nick}" to="${ada.jid}">${reaction}</message>`)
  ada.send(`<message to="${room}/${bob.nick}">${json}</message>`)
  bob.receives(`<message from="${room}/${ada.nick}" to="${bob.jid}">${json}</message>`)
  const failed = errorXml('cancel', 'feature-not-implemented')
  ada.send(`<message type="error" id="p" to="${room}/${bob.nick}">${failed}</message>`)
  bob.receives(`<message type="error" id="p" from="${room}/${ada.nick}" to="${bob.jid}">${failed}</message>`)
  focus.receivesNothing()
})

test('moderators set the subject, newcomers hear it last', () => {
  const { world, ada, bob, focus } = meeting()
  bob.send(`<message type="groupchat" id="s" to="${room}"><subject>mine</subject></message>`)
  bob.receives(
    `<message type="error" id="s" from="${room}" to="${bob.jid}">
     ${errorXml('auth', 'forbidden', 'Only moderators set the subject')}</message>`,
  )
  focus.send(`<message type="groupchat" to="${room}"><subject>Plans</subject></message>`)
  ada.receives(`<message type="groupchat" from="${room}/focus" to="${ada.jid}"><subject>Plans</subject></message>`)
  const eve = world.client()
  eve.send(`<presence to="${room}/${eve.nick}"><x xmlns="${NS.muc}"/></presence>`)
  const last = eve.takeFrames().at(-1)
  eve.receivesNothing()
  const expected = `<message xmlns="jabber:client" type="groupchat" from="${room}/focus" to="${eve.jid}"><subject>Plans</subject></message>`
  if (last !== expected) throw new Error(`last frame of the join: ${last}`)
})

test('private questions and their answers go both ways by occupant addresses', () => {
  const { ada, bob, focus } = meeting()
  const query = `<query xmlns="${NS.discoInfo}" node="https://jitsi.org/jitsi-meet#v"/>`
  focus.send(`<iq type="get" id="q" to="${room}/${ada.nick}">${query}</iq>`)
  ada.receives(`<iq type="get" id="q" from="${room}/focus" to="${ada.jid}">${query}</iq>`)
  ada.send(`<iq type="result" id="q" to="${room}/focus">${query}</iq>`)
  focus.receives(`<iq type="result" id="q" from="${room}/${ada.nick}" to="${focusJid}">${query}</iq>`)
  ada.send(`<iq type="set" id="j" to="${room}/${bob.nick}"><jingle xmlns="${NS.jingle}"/></iq>`)
  bob.receives(`<iq type="set" id="j" from="${room}/${ada.nick}" to="${bob.jid}"><jingle xmlns="${NS.jingle}"/></iq>`)
  const refusal = errorXml('cancel', 'item-not-found')
  bob.send(`<iq type="error" id="j" to="${room}/${ada.nick}">${refusal}</iq>`)
  ada.receives(`<iq type="error" id="j" from="${room}/${bob.nick}" to="${ada.jid}">${refusal}</iq>`)
  ada.send(`<iq type="get" id="self" to="${room}/${ada.nick}"><ping xmlns="${NS.ping}"/></iq>`)
  ada.receives(`<iq type="result" id="self" from="${room}/${ada.nick}" to="${ada.jid}"/>`)
})

test('to somebody who is not there', () => {
  const { ada } = meeting()
  const missing = errorXml('cancel', 'item-not-found', 'The participant is not in the room')
  ada.send(`<iq type="get" id="1" to="${room}/nobody"><ping xmlns="${NS.ping}"/></iq>`)
  ada.receives(`<iq type="error" id="1" from="${room}/nobody" to="${ada.jid}">${missing}</iq>`)
  ada.send(`<message type="chat" id="2" to="${room}/nobody"><body>x</body></message>`)
  ada.receives(`<message type="error" id="2" from="${room}/nobody" to="${ada.jid}">${missing}</message>`)
  ada.send(`<iq type="result" id="3" to="${room}/nobody"/>`)
  ada.receivesNothing()
})

test('outsiders can neither speak nor ask', () => {
  const { ada, bob, focus, outsider } = meeting()
  const refusal = errorXml('modify', 'not-acceptable', 'Only occupants of the room may send to it')
  outsider.send(`<message type="groupchat" id="1" to="${room}"><body>x</body></message>`)
  outsider.receives(`<message type="error" id="1" from="${room}" to="${outsider.jid}">${refusal}</message>`)
  outsider.send(`<message type="chat" id="2" to="${room}/${ada.nick}"><body>x</body></message>`)
  outsider.receives(`<message type="error" id="2" from="${room}/${ada.nick}" to="${outsider.jid}">${refusal}</message>`)
  outsider.send(`<iq type="set" id="3" to="${room}/${ada.nick}"><jingle xmlns="${NS.jingle}"/></iq>`)
  outsider.receives(`<iq type="error" id="3" from="${room}/${ada.nick}" to="${outsider.jid}">${refusal}</iq>`)
  outsider.send(`<iq type="result" id="4" to="${room}/${ada.nick}"/>`)
  outsider.send(`<presence type="unavailable" to="${room}/${ada.nick}"/>`)
  for (const one of [ada, bob, focus, outsider]) one.receivesNothing()
})

test('messages of a wrong kind, or too long', () => {
  const { ada, bob } = meeting()
  ada.send(`<message type="chat" id="1" to="${room}"><body>x</body></message>`)
  ada.receives(
    `<message type="error" id="1" from="${room}" to="${ada.jid}">
     ${errorXml('cancel', 'feature-not-implemented', 'The room takes groupchat messages')}</message>`,
  )
  ada.send(`<message type="groupchat" id="2" to="${room}/${bob.nick}"><body>x</body></message>`)
  ada.receives(
    `<message type="error" id="2" from="${room}/${bob.nick}" to="${ada.jid}">
     ${errorXml('modify', 'bad-request', 'A groupchat message goes to the room itself')}</message>`,
  )
  ada.send(`<message type="groupchat" id="3" to="${room}"><body>${'x'.repeat(70_000)}</body></message>`)
  ada.receives(
    `<message type="error" id="3" from="${room}" to="${ada.jid}">
     ${errorXml('modify', 'policy-violation', 'A message is limited to 65536 characters')}</message>`,
  )
  bob.receivesNothing()
})
