import { test } from 'node:test'
import { NS } from '@parley/protocol'
import { errorXml, World } from './world.ts'

const unavailable = errorXml('cancel', 'service-unavailable')

test('disco, ping and external services of the main domain', () => {
  let password = 'p1'
  const world = new World({
    identities: [{ category: 'component', type: 'av_moderation', name: 'avmoderation.meet.example' }],
    externalServices: () => [
      { type: 'stun', host: 'turn.example', port: 443, transport: 'udp' },
      { type: 'turns', host: 'turn.example', port: 443, transport: 'tcp', username: 'u', password },
    ],
  })
  const client = world.client()
  const result = (id: string, payload: string) =>
    `<iq type="result" id="${id}" from="meet.example" to="${client.jid}">${payload}</iq>`
  client.send(`<iq type="get" id="1" to="meet.example"><query xmlns="${NS.discoInfo}"/></iq>`)
  client.receives(
    result(
      '1',
      `<query xmlns="${NS.discoInfo}"><identity category="server" type="im" name="Parley"/>
       <identity category="component" type="av_moderation" name="avmoderation.meet.example"/>
       <feature var="${NS.discoInfo}"/><feature var="${NS.discoItems}"/><feature var="${NS.ping}"/>
       <feature var="${NS.extdisco}"/><feature var="${NS.extdisco1}"/></query>`,
    ),
  )
  client.send(`<iq type="get" id="2" to="meet.example"><query xmlns="${NS.discoItems}"/></iq>`)
  client.receives(result('2', `<query xmlns="${NS.discoItems}"><item jid="muc.meet.example"/></query>`))
  client.send(`<iq type="get" id="3" to="meet.example"><ping xmlns="${NS.ping}"/></iq>`)
  client.receives(result('3', ''))
  client.send(`<iq type="get" id="4" to="meet.example"><services xmlns="${NS.extdisco}"/></iq>`)
  client.receives(
    result(
      '4',
      `<services xmlns="${NS.extdisco}"><service type="stun" host="turn.example" port="443" transport="udp"/>
       <service type="turns" host="turn.example" port="443" transport="tcp" username="u" password="p1" restricted="1"/></services>`,
    ),
  )
  password = 'p2'
  client.send(`<iq type="get" id="5" to="meet.example"><services xmlns="${NS.extdisco1}" type="turns"/></iq>`)
  client.receives(
    result(
      '5',
      `<services xmlns="${NS.extdisco1}" type="turns">
       <service type="turns" host="turn.example" port="443" transport="tcp" username="u" password="p2" restricted="1"/></services>`,
    ),
  )
})

test('no external services is an empty list', () => {
  const client = new World().client()
  client.send(`<iq type="get" id="1" to="meet.example"><services xmlns="${NS.extdisco}"/></iq>`)
  client.receives(
    `<iq type="result" id="1" from="meet.example" to="${client.jid}"><services xmlns="${NS.extdisco}"/></iq>`,
  )
})

test('every other question gets its one error', () => {
  const world = new World()
  const client = world.client()
  const asked: readonly (readonly [to: string, payload: string, error: string])[] = [
    ['meet.example', '<query xmlns="jabber:iq:roster"/>', unavailable],
    ['meet.example', '<ping xmlns="urn:xmpp:pong"/>', unavailable],
    ['meet.example', `<query xmlns="${NS.discoInfo}" node="x"/>`, errorXml('cancel', 'item-not-found')],
    ['nobody@meet.example', `<query xmlns="${NS.discoInfo}"/>`, unavailable],
    ['nobody@meet.example/x', `<ping xmlns="${NS.ping}"/>`, unavailable],
    [client.bareJid, '<query xmlns="jabber:iq:roster"/>', unavailable],
    ['elsewhere.example', `<ping xmlns="${NS.ping}"/>`, unavailable],
    ['lobby.meet.example', `<query xmlns="${NS.discoInfo}" node="lobbyrooms"/>`, unavailable],
    [
      'r9@muc.meet.example',
      `<query xmlns="${NS.discoInfo}"/>`,
      errorXml('cancel', 'item-not-found', 'The room does not exist'),
    ],
    [
      'r9@muc.meet.example/x',
      `<ping xmlns="${NS.ping}"/>`,
      errorXml('cancel', 'item-not-found', 'The room does not exist'),
    ],
    ['muc.meet.example', '<query xmlns="jabber:iq:search"/>', unavailable],
  ]
  for (const [to, payload, error] of asked) {
    client.send(`<iq type="get" id="1" to="${to}">${payload}</iq>`)
    client.receives(`<iq type="error" id="1" from="${to}" to="${client.jid}">${error}</iq>`)
  }
  client.send('<iq type="get" id="2"><query xmlns="jabber:iq:roster"/></iq>')
  client.receives(`<iq type="error" id="2" from="${client.bareJid}" to="${client.jid}">${unavailable}</iq>`)
})

test('results, errors and presence to nobody are not answered', () => {
  const client = new World().client()
  client.send('<iq type="result" id="1" to="meet.example"/>')
  client.send(`<iq type="error" id="1" to="nobody@meet.example/x">${unavailable}</iq>`)
  client.send(`<message type="error" to="nobody@elsewhere.example">${unavailable}</message>`)
  client.send('<presence to="meet.example"/>')
  client.send('<presence type="subscribe" to="nobody@meet.example"/>')
  client.receivesNothing()
})

test('messages between users by their real addresses', () => {
  const world = new World()
  const ada = world.client()
  const bob = world.client()
  ada.send(`<message to="${bob.jid}" type="chat"><body>to the device</body></message>`)
  ada.send(`<message to="${bob.bareJid}" type="chat"><body>to the user</body></message>`)
  bob.receives(
    `<message from="${ada.jid}" to="${bob.jid}" type="chat"><body>to the device</body></message>`,
    `<message from="${ada.jid}" to="${bob.bareJid}" type="chat"><body>to the user</body></message>`,
  )
  bob.disconnect()
  ada.send(`<message id="m" to="${bob.jid}" type="chat"><body>too late</body></message>`)
  ada.receives(`<message type="error" id="m" from="${bob.jid}" to="${ada.jid}">${unavailable}</message>`)
})

test('the chat service describes itself and lists no rooms', () => {
  const world = new World()
  world.focus('secret@muc.meet.example')
  const client = world.client()
  client.send(`<iq type="get" id="1" to="muc.meet.example"><query xmlns="${NS.discoItems}"/></iq>`)
  client.send(`<iq type="get" id="2" to="muc.meet.example"><query xmlns="${NS.discoInfo}"/></iq>`)
  client.receives(
    `<iq type="result" id="1" from="muc.meet.example" to="${client.jid}"><query xmlns="${NS.discoItems}"/></iq>`,
    `<iq type="result" id="2" from="muc.meet.example" to="${client.jid}"><query xmlns="${NS.discoInfo}">
     <identity category="conference" type="text" name="Rooms"/><feature var="${NS.discoInfo}"/>
     <feature var="${NS.discoItems}"/><feature var="${NS.muc}"/></query></iq>`,
  )
})
