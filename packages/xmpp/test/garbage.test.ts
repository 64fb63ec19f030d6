import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NS, parseXml } from '@parley/protocol'
import fc from 'fast-check'
import { domain, World } from './world.ts'

const room = 'r1@muc.meet.example'

const valid = [
  `<open xmlns="${NS.framing}" to="${domain}" version="1.0"/>`,
  `<auth xmlns="${NS.sasl}" mechanism="ANONYMOUS"/>`,
  `<iq type="set" id="b"><bind xmlns="${NS.bind}"/></iq>`,
  `<presence to="${room}/eve"><x xmlns="${NS.muc}"/></presence>`,
  `<presence to="${room}/eve"/>`,
  `<presence to="nowhere@muc.${domain}/eve"><x xmlns="${NS.muc}"/></presence>`,
  `<presence type="unavailable" to="${room}/eve"/>`,
  `<message to="${room}/focus" type="chat"><body>x</body></message>`,
  `<message to="muc.${domain}" type="groupchat"/>`,
  `<iq type="set" id="1" to="${room}"><query xmlns="${NS.mucOwner}"><x xmlns="${NS.dataForms}" type="submit"/></query></iq>`,
  `<iq type="set" id="2" to="${room}"><query xmlns="${NS.mucAdmin}"><item nick="focus" role="none"/></query></iq>`,
  `<iq type="get" id="3" to="${room}"><query xmlns="${NS.mucAdmin}"><item/></query></iq>`,
  `<iq type="get" id="4" to="${domain}"><query xmlns="${NS.discoInfo}" node="x"/></iq>`,
  `<iq type="result" id="5" to="${room}/focus"/>`,
  '<presence type="unavailable"/>',
  `<close xmlns="${NS.framing}" />`,
]

/** A valid frame with a piece cut out, repeated or replaced. */
const mangled = fc
  .record({
    frame: fc.constantFrom(...valid),
    at: fc.nat(200),
    length: fc.nat(12),
    insert: fc.oneof(
      fc.constantFrom('', '<', '>', '"', "'", '&', '/', ' xmlns="urn:x"', ' to="@"', '<x/>', ']]>'),
      fc.string({ maxLength: 3 }),
    ),
  })
  .map(({ frame, at, length, insert }) => frame.slice(0, at) + insert + frame.slice(at + length))
const frames = fc.array(fc.oneof(fc.constantFrom(...valid), mangled, fc.string({ maxLength: 20 })), { maxLength: 12 })

test('whatever one client sends, its stream survives or ends cleanly and the others meet undisturbed', () => {
  const failures: string[] = []
  const log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields: object) => failures.push(String((fields as { err?: unknown }).err)),
  }
  const world = new World({ log })
  const focus = world.focus(room)
  const ada = world.occupant(room)
  const bob = world.occupant(room)
  ada.take()
  fc.assert(
    fc.property(fc.boolean(), frames, (isBound, garbage) => {
      const eve = isBound ? world.client() : world.socket()
      for (const frame of garbage) eve.send(frame)
      const received = eve.takeFrames()
      for (const frame of received) parseXml(frame)
      const errors = received.filter((frame) => frame.startsWith('<stream:error'))
      assert.ok(errors.length <= 1)
      assert.equal(errors.length === 1, eve.closes.length === 1 && eve.closes[0]?.code !== 1000)
      eve.disconnect()
      assert.equal(world.server.statistics().connections, 2)
      assert.equal(world.server.rooms()[0]?.occupants, 3)
      assert.equal(world.server.statistics().rooms, 1)
    }),
    { numRuns: 500 },
  )
  assert.deepEqual(failures, [])
  for (const one of [ada, bob, focus]) for (const stanza of one.take()) assert.notEqual(stanza.attrs.type, 'error')
  ada.send(`<message type="groupchat" to="${room}"><body>still here</body></message>`)
  bob.receives(`<message type="groupchat" from="${room}/${ada.nick}" to="${bob.jid}"><body>still here</body></message>`)
  world.advance(20_000)
  assert.deepEqual(ada.closes, [])
})
