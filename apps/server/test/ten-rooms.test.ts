/** Ten rooms at once never see each other's stanzas or media. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Bot, BotFleet } from '@parley/bots'
import { startBots } from './support/bots.ts'
import { eventually } from './support/eventually.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

const rooms = Array.from({ length: 10 }, (_, index) => `room-${index}`)
const peoplePerRoom = 3
let server: TestServer
let fleet: BotFleet
const bots = new Map<string, Bot[]>()

before(async () => {
  server = await startTestServer()
  fleet = startBots(server)
  for (let person = 0; person < peoplePerRoom; person++) {
    // one of each room in turn, so that joins of all rooms are mixed
    for (const room of rooms) {
      const bot = await fleet.join({ room, name: `${room} person ${person}` })
      bots.set(room, [...(bots.get(room) ?? []), bot])
    }
  }
})

after(async () => {
  await fleet.close()
  await server.close()
})

test('everybody sees the people of his own room and no others', async () => {
  for (const room of rooms) {
    for (const bot of bots.get(room) ?? []) {
      const names = () => [...bot.conference.participants.values()].map((participant) => participant.displayName)
      await eventually(
        `the people of ${room}`,
        async () => names(),
        (seen) => seen.length === peoplePerRoom && seen.every((name) => name?.startsWith(`${room} `)),
      )
    }
  }
})

test('a line of chat reaches its room and no other', async () => {
  for (const room of rooms) for (const bot of bots.get(room) ?? []) bot.conference.sendChat(`said in ${room}`)
  for (const room of rooms) {
    for (const bot of bots.get(room) ?? []) {
      const lines = await eventually(
        `all lines of ${room}`,
        async () => bot.conference.messages.map((message) => message.text),
        (texts) => texts.length >= peoplePerRoom,
      )
      assert.deepEqual(lines, Array(peoplePerRoom).fill(`said in ${room}`))
    }
  }
})

test('media reaches everybody in its room and nobody else', async () => {
  const all = [...bots.values()].flat()
  await eventually(
    'media from everybody',
    async () => all.map((bot) => bot.received().packets),
    (packets) => packets.every((count) => count > 200),
  )
  const before = all.map((bot) => bot.received())
  const strayBefore = stray()
  const start = performance.now()
  await sleep(3_000)
  const seconds = (performance.now() - start) / 1000
  // what two others send: 50 packets of sound and 60 of pictures a second each
  const due = 2 * (50 + 60) * seconds
  for (const [index, bot] of all.entries()) {
    const now = bot.received()
    const got = now.packets - (before[index]?.packets ?? 0)
    assert.ok(Math.abs(got - due) < due * 0.1, `${got} packets where ${due.toFixed(0)} were due`)
    assert.equal(now.missing, before[index]?.missing)
  }
  assert.equal(stray(), strayBefore, 'packets of streams that nobody announced')
})

/** Packets that a bot was sent without having been told of their stream: another room's would be such. */
function stray(): number {
  return fleet.engineStats().drops['unknown-ssrc'] ?? 0
}
