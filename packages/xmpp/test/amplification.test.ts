/** One client's stanzas become many: how many has a bound. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NS } from '@parley/protocol'
import { errorXml, World } from './world.ts'

const room = 'r1@muc.meet.example'

test('who floods a room is refused, others are heard, and time heals', () => {
  const world = new World({ limits: { muc: { fanOutRate: { perSecond: 10, burst: 40 } } } })
  const focus = world.focus(room)
  const ada = world.occupant(room, '', [focus])
  const bob = world.occupant(room, '', [focus, ada])
  const say = (id: string) => `<message type="groupchat" id="${id}" to="${room}"><body>x</body></message>`
  // the room has three occupants
  for (let i = 0; i < 13; i++) ada.send(say(String(i)))
  assert.equal(bob.take().length, 13)
  ada.take()
  const text = 'Too much at once for a room of this size'
  const refused = errorXml('wait', 'resource-constraint', text)
  ada.send(say('m'))
  ada.receives(`<message type="error" id="m" from="${room}" to="${ada.jid}">${refused}</message>`)
  ada.send(`<presence to="${room}/${ada.nick}"/>`)
  ada.receives(`<presence type="error" from="${room}/${ada.nick}" to="${ada.jid}">${refused}</presence>`)
  bob.receivesNothing()
  bob.send(say('b'))
  assert.equal(ada.take().length, 1)
  world.advance(300)
  ada.send(say('later'))
  assert.equal(ada.take().length, 1)
})

test('one request changes a hundred roles at most', () => {
  const world = new World()
  const focus = world.focus(room)
  const ada = world.occupant(room, '', [focus])
  const items = `<item nick="${ada.nick}" role="moderator"/><item nick="${ada.nick}" role="participant"/>`.repeat(51)
  focus.send(`<iq type="set" id="a" to="${room}"><query xmlns="${NS.mucAdmin}">${items}</query></iq>`)
  ada.receivesNothing()
})
