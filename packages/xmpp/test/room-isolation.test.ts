import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NS } from '@parley/protocol'
import { Focus, World } from './world.ts'

test('ten rooms never see each other, whatever happens in them', () => {
  const world = new World()
  const names = Array.from({ length: 10 }, (_, index) => `room${index}@muc.meet.example`)
  const focus = new Focus(world)
  const clients = names.flatMap((room) => {
    focus.send(`<presence to="${room}/focus"><x xmlns="${NS.muc}"/></presence>`)
    return [0, 1, 2].map(() => ({ room, client: world.client() }))
  })
  const everything = new Map(clients.map(({ client }) => [client, [] as string[]]))
  const collect = () => {
    for (const { client } of clients) everything.get(client)?.push(...client.takeFrames())
  }
  for (const { room, client } of clients) {
    client.send(`<presence to="${room}/${client.nick}"><x xmlns="${NS.muc}"/><mark>${room}</mark></presence>`)
  }
  collect()
  for (const { room, client } of clients) {
    client.send(`<message type="groupchat" to="${room}"><body>said in ${room}</body></message>`)
    client.send(`<presence to="${room}/${client.nick}"><mark>${room} again</mark></presence>`)
    client.send(`<message type="groupchat" id="1" to="${names[0]}"><body>said in ${room}</body></message>`)
    client.send(`<iq type="get" id="1" to="${room}"><query xmlns="${NS.discoInfo}"/></iq>`)
  }
  collect()
  clients[0]?.client.disconnect()
  clients[4]?.client.send('<broken')
  collect()
  for (const { room, client } of clients) {
    const frames = everything.get(client) ?? []
    assert.ok(frames.length > 10)
    const ofRooms = frames.filter((frame) => frame.includes('@muc.meet.example') && !frame.includes('not-acceptable'))
    for (const frame of ofRooms) {
      const mentioned = new Set(frame.match(/room\d@muc\.meet\.example/g))
      assert.deepEqual([...mentioned], [room])
    }
  }
})
