import assert from 'node:assert/strict'
import { test } from 'node:test'
import { child, childElements, NS, textOf, type XmlElement } from '@parley/protocol'
import { type Client, errorXml, World } from './world.ts'

const room = 'r1@muc.meet.example'

function meeting() {
  const world = new World()
  const focus = world.focus(room)
  const ada = world.occupant(room, '', [focus])
  focus.send(
    `<iq type="set" id="a" to="${room}"><query xmlns="${NS.mucAdmin}"><item affiliation="owner" jid="${ada.bareJid}"/></query></iq>`,
  )
  ada.take()
  focus.take()
  return { world, focus, ada }
}

function submit(client: Client, fields: Record<string, string>): void {
  const xml = Object.entries(fields).map(([key, value]) => `<field var="${key}"><value>${value}</value></field>`)
  client.send(`<iq type="set" id="s" to="${room}"><query xmlns="${NS.mucOwner}"><x xmlns="${NS.dataForms}" type="submit">
    <field var="FORM_TYPE"><value>${NS.mucRoomConfig}</value></field>${xml.join('')}</x></query></iq>`)
}

function ownerForm(client: Client): Record<string, string> {
  client.send(`<iq type="get" id="g" to="${room}"><query xmlns="${NS.mucOwner}"/></iq>`)
  return formIn(client.take()[0])
}

function roomInfo(client: Client): { features: string[]; fields: Record<string, string>; type: string | undefined } {
  client.send(`<iq type="get" id="i" to="${room}"><query xmlns="${NS.discoInfo}"/></iq>`)
  const [iq] = client.take()
  const query = iq && child(iq, 'query')
  const features = query ? childElements(query, 'feature').map((feature) => feature.attrs.var ?? '') : []
  return { features, fields: formIn(iq), type: query && child(query, 'x')?.attrs.type }
}

function formIn(iq: XmlElement | undefined): Record<string, string> {
  const query = iq && child(iq, 'query')
  const x = query && child(query, 'x', NS.dataForms)
  assert.ok(x)
  const fields = childElements(x, 'field').map((field) => [field.attrs.var ?? '', textOf(child(field, 'value'))])
  return Object.fromEntries(fields)
}

function join(client: Client, password?: string): void {
  const inside = password === undefined ? '' : `<password>${password}</password>`
  client.send(`<presence to="${room}/${client.nick}"><x xmlns="${NS.muc}">${inside}</x></presence>`)
}

const accepted = (client: Client) => `<iq type="result" id="s" from="${room}" to="${client.jid}"/>`
const changed = (client: Client) =>
  `<message type="groupchat" from="${room}" to="${client.jid}"><x xmlns="${NS.mucUser}"><status code="104"/></x></message>`
const refusal = (client: Client, type: string, condition: string, text: string) =>
  `<presence type="error" from="${room}/${client.nick}" to="${client.jid}">${errorXml(type, condition, text)}</presence>`

test('what a room says of itself', () => {
  const { ada } = meeting()
  const info = roomInfo(ada)
  assert.equal(info.type, 'result')
  assert.match(info.fields['muc#roominfo_meetingId'] ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  assert.equal(info.fields['muc#roominfo_created_timestamp'], '1766000000000')
  assert.equal(info.fields.FORM_TYPE, NS.mucRoomInfo)
  assert.ok(info.features.includes(NS.muc))
  assert.ok(!info.features.includes('muc_passwordprotected'))
  assert.ok(!info.features.includes('muc_membersonly'))
  assert.deepEqual(ownerForm(ada), {
    FORM_TYPE: NS.mucRoomConfig,
    'muc#roomconfig_membersonly': '0',
    'muc#roomconfig_passwordprotectedroom': '0',
    'muc#roomconfig_roomsecret': '',
    'muc#roomconfig_whois': 'anyone',
  })
})

test('lock, knock, open, unlock', () => {
  const { world, ada } = meeting()
  submit(ada, {
    'muc#roomconfig_roomsecret': 's3cret',
    'muc#roomconfig_passwordprotectedroom': '1',
    'muc#roomconfig_whois': 'anyone',
  })
  ada.receives(changed(ada), accepted(ada))
  assert.ok(roomInfo(ada).features.includes('muc_passwordprotected'))
  const bob = world.client()
  for (const password of [undefined, '', 'S3cret', 's3cret ']) {
    join(bob, password)
    bob.receives(refusal(bob, 'auth', 'not-authorized', 'The room needs a password'))
  }
  ada.receivesNothing()
  join(bob, 's3cret')
  assert.equal(bob.take().length, 4)
  ada.take()
  submit(ada, { 'muc#roomconfig_roomsecret': '', 'muc#roomconfig_passwordprotectedroom': '0' })
  ada.receives(changed(ada), accepted(ada))
  bob.receives(changed(bob))
  const eve = world.client()
  join(eve)
  assert.equal(eve.take().at(-1)?.name, 'message')
})

test('a partial form changes what it names', () => {
  const { ada } = meeting()
  submit(ada, { 'muc#roomconfig_roomsecret': 's3cret', 'muc#roomconfig_passwordprotectedroom': '1' })
  ada.take()
  submit(ada, { 'muc#roomconfig_membersonly': 'true', 'muc#roomconfig_passwordprotectedroom': '1' })
  ada.receives(changed(ada), accepted(ada))
  const form = ownerForm(ada)
  assert.equal(form['muc#roomconfig_roomsecret'], 's3cret')
  assert.equal(form['muc#roomconfig_membersonly'], '1')
  submit(ada, { 'muc#roomconfig_membersonly': 'true' })
  ada.receives(accepted(ada))
})

test('forms that make no sense change nothing', () => {
  const { ada } = meeting()
  const refused = (type: string, condition: string, text: string) =>
    `<iq type="error" id="s" from="${room}" to="${ada.jid}">${errorXml(type, condition, text)}</iq>`
  submit(ada, { 'muc#roomconfig_passwordprotectedroom': '1', 'muc#roomconfig_membersonly': '1' })
  ada.receives(refused('modify', 'not-acceptable', 'A lock needs a password'))
  submit(ada, { 'muc#roomconfig_roomsecret': 'x', 'muc#roomconfig_membersonly': 'perhaps' })
  ada.receives(refused('modify', 'bad-request', 'muc#roomconfig_membersonly is 0 or 1'))
  submit(ada, { 'muc#roomconfig_roomsecret': 'x'.repeat(257) })
  ada.receives(refused('modify', 'not-acceptable', 'A password has at most 256 characters'))
  ada.send(`<iq type="set" id="s" to="${room}"><query xmlns="${NS.mucOwner}"/></iq>`)
  ada.receives(refused('modify', 'bad-request', 'a form of type submit or cancel is needed'))
  ada.send(
    `<iq type="set" id="s" to="${room}"><query xmlns="${NS.mucOwner}"><x xmlns="${NS.dataForms}" type="cancel"/></query></iq>`,
  )
  ada.receives(accepted(ada))
  assert.equal(ownerForm(ada)['muc#roomconfig_membersonly'], '0')
  assert.equal(ownerForm(ada)['muc#roomconfig_roomsecret'], '')
})

test('members only: guests are turned away, members come in, former members go', () => {
  const { world, ada } = meeting()
  const bob = world.occupant(room, '', [ada])
  ada.send(
    `<iq type="set" id="m" to="${room}"><query xmlns="${NS.mucAdmin}"><item affiliation="member" jid="${bob.bareJid}"/></query></iq>`,
  )
  submit(ada, { 'muc#roomconfig_membersonly': 'true' })
  bob.take()
  assert.ok(roomInfo(bob).features.includes('muc_membersonly'))
  ada.take()
  const eve = world.client()
  join(eve)
  eve.receives(refusal(eve, 'auth', 'registration-required', 'The room is open to members only'))
  ada.send(
    `<iq type="set" id="m" to="${room}"><query xmlns="${NS.mucAdmin}"><item affiliation="member" jid="${eve.bareJid}"/></query></iq>`,
  )
  join(eve)
  assert.equal(eve.take().at(-1)?.name, 'message')
  bob.take()
  ada.send(
    `<iq type="set" id="m" to="${room}"><query xmlns="${NS.mucAdmin}"><item affiliation="none" jid="${bob.bareJid}"/></query></iq>`,
  )
  const gone = bob.take()[0]
  assert.equal(gone?.attrs.type, 'unavailable')
  const x = gone && child(gone, 'x', NS.mucUser)
  assert.deepEqual(x && childElements(x, 'status').map((status) => status.attrs.code), ['321', '110'])
})
