import assert from 'node:assert/strict'
import { test } from 'node:test'
import { el, NS, parseXml, type XmlElement } from '@parley/protocol'
import { createRouter, type LocalRouterOptions } from './local-router.ts'

function setup(options: Partial<LocalRouterOptions> = {}) {
  const tasks: (() => void)[] = []
  const router = createRouter({ defer: (task) => tasks.push(task), ...options })
  const settle = () => {
    for (let task = tasks.shift(); task; task = tasks.shift()) task()
  }
  const inbox = () => {
    const stanzas: XmlElement[] = []
    return { stanzas, onStanza: (stanza: XmlElement) => void stanzas.push(stanza) }
  }
  return { router, settle, inbox }
}

const to = (address: string, id = '1') => el('message', NS.client, { to: address, id })
const condition = (stanza: XmlElement | undefined) => {
  const error = stanza?.children[0]
  const first = typeof error === 'object' ? error.children[0] : undefined
  return typeof first === 'object' ? first.name : undefined
}

test('nothing arrives before the sender has finished', () => {
  const { router, settle, inbox } = setup()
  const bob = inbox()
  router.attachUser('bob@a/x', bob.onStanza)
  const ada = router.attachUser('ada@a/x', () => {})
  ada.send(to('bob@a/x'))
  assert.equal(bob.stanzas.length, 0)
  settle()
  assert.equal(bob.stanzas.length, 1)
})

test('a chain of answers does not recurse', () => {
  const { router, settle } = setup()
  let left = 50_000
  const ping = router.attachUser('ping@a/x', (stanza) => {
    if (left-- > 0) ping.send(to('pong@a/x', stanza.attrs.id))
  })
  const pong = router.attachUser('pong@a/x', (stanza) => pong.send(to('ping@a/x', stanza.attrs.id)))
  ping.send(to('pong@a/x'))
  settle()
  assert.equal(left, -1)
})

test('stanzas between two addresses keep their order, also through a service', () => {
  const { router, settle, inbox } = setup()
  const bob = inbox()
  router.attachUser('bob@a/x', bob.onStanza)
  const echo = router.attachDomain('echo.a', (stanza) =>
    echo.send(el('message', NS.client, { to: 'bob@a/x', id: stanza.attrs.id })),
  )
  const ada = router.attachUser('ada@a/x', () => {})
  for (let i = 0; i < 20; i++) {
    ada.send(to(i % 2 === 0 ? 'bob@a/x' : 'room@echo.a', String(i)))
  }
  settle()
  const ids = bob.stanzas.map(({ attrs }) => Number(attrs.id))
  assert.deepEqual(
    ids.filter((id) => id % 2 === 0),
    [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
  )
  assert.deepEqual(
    ids.filter((id) => id % 2 === 1),
    [1, 3, 5, 7, 9, 11, 13, 15, 17, 19],
  )
})

test('nobody speaks for another; a domain speaks for its own addresses', () => {
  const { router, settle, inbox } = setup()
  const bob = inbox()
  router.attachUser('bob@a/x', bob.onStanza)
  const ada = router.attachUser('ada@a/x', () => {})
  const muc = router.attachDomain('muc.a', () => {})
  ada.send(el('message', NS.client, { to: 'bob@a/x', from: 'eve@a/x' }))
  muc.send(el('message', NS.client, { to: 'bob@a/x', from: 'room@muc.a/nick' }))
  muc.send(el('message', NS.client, { to: 'bob@a/x', from: 'ada@a/x' }))
  muc.send(el('message', NS.client, { to: 'bob@a/x' }))
  settle()
  assert.deepEqual(
    bob.stanzas.map(({ attrs }) => attrs.from),
    ['ada@a/x', 'room@muc.a/nick', 'muc.a', 'muc.a'],
  )
})

test('a user inside an owned domain gets what is for that address, the owner the rest', () => {
  const { router, settle, inbox } = setup()
  const owner = inbox()
  const user = inbox()
  router.attachDomain('a', owner.onStanza)
  router.attachUser('Ada@A/x', user.onStanza)
  const eve = router.attachUser('eve@b/x', () => {})
  eve.send(to('ada@a/x', 'exact'))
  eve.send(to('ADA@a/x', 'folded'))
  eve.send(to('ada@a', 'bare'))
  eve.send(to('ada@a/y', 'other resource'))
  eve.send(to('a', 'domain'))
  eve.send(el('iq', NS.client, { to: 'ada@a', id: 'iq', type: 'get' }))
  settle()
  assert.deepEqual(
    user.stanzas.map(({ attrs }) => attrs.id),
    ['exact', 'folded', 'bare'],
  )
  assert.deepEqual(
    owner.stanzas.map(({ attrs }) => attrs.id),
    ['other resource', 'domain', 'iq'],
  )
})

test('addresses are attached once, and must be what they claim', () => {
  const { router } = setup()
  const first = router.attachUser('ada@a/x', () => {})
  const conflict = { code: 'PARLEY_XMPP_ROUTER', reason: 'conflict' }
  const malformed = { code: 'PARLEY_XMPP_ROUTER', reason: 'jid-malformed' }
  assert.throws(() => router.attachUser('ADA@a/x', () => {}), conflict)
  assert.throws(() => router.attachUser('ada@a', () => {}), malformed)
  assert.throws(() => router.attachUser('a/x', () => {}), malformed)
  router.attachDomain('a', () => {})
  assert.throws(() => router.attachDomain('A', () => {}), conflict)
  assert.throws(() => router.attachDomain('ada@a', () => {}), malformed)
  first.close()
  first.close()
  assert.equal(router.attachUser('ada@a/x', () => {}).jid, 'ada@a/x')
})

test('requests to nobody are answered, answers to nobody are not', () => {
  const { router, settle, inbox } = setup()
  const ada = inbox()
  const attachment = router.attachUser('ada@a/x', ada.onStanza)
  const send = (xml: string) => {
    attachment.send(parseXml(xml))
    settle()
    return ada.stanzas.splice(0)
  }
  assert.equal(condition(send('<iq type="get" id="1" to="b"><x/></iq>')[0]), 'service-unavailable')
  assert.equal(condition(send('<iq type="set" id="1" to="ada@a/y"><x/></iq>')[0]), 'service-unavailable')
  assert.equal(condition(send('<message type="groupchat" to="r@b"/>')[0]), 'service-unavailable')
  assert.equal(condition(send('<presence to="r@b/n"/>')[0]), 'service-unavailable')
  assert.equal(condition(send('<message to="a@@b"/>')[0]), 'jid-malformed')
  for (const silent of [
    '<iq type="result" id="1" to="b"/>',
    '<iq type="error" id="1" to="b"/>',
    '<message type="error" to="b"/>',
    '<presence type="unavailable" to="b"/>',
  ]) {
    assert.deepEqual(send(silent), [])
  }
})

test('a receiver that throws costs its sender an error and nobody else anything', () => {
  const failures: object[] = []
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (fields: object) => void failures.push(fields) }
  const { router, settle, inbox } = setup({ log })
  router.attachDomain('broken', () => {
    throw new Error('bug')
  })
  const ada = inbox()
  const bob = inbox()
  const attachment = router.attachUser('ada@a/x', ada.onStanza)
  router.attachUser('bob@a/x', bob.onStanza)
  attachment.send(el('iq', NS.client, { to: 'broken', id: '1', type: 'get' }))
  attachment.send(to('bob@a/x'))
  settle()
  assert.equal(condition(ada.stanzas[0]), 'internal-server-error')
  assert.equal(bob.stanzas.length, 1)
  assert.equal(failures.length, 1)
})

test('closing tells everybody who thinks the user is present, once', () => {
  const { router, settle, inbox } = setup()
  const muc = inbox()
  const domain = router.attachDomain('muc', muc.onStanza)
  const ada = router.attachUser('ada@a/x', () => {})
  const presence = (room: string, type?: string) => ada.send(el('presence', NS.client, { to: `${room}@muc/ada`, type }))
  for (const room of ['joined', 'left', 'refused', 'kicked']) presence(room)
  settle()
  presence('left', 'unavailable')
  const answer = (room: string, type?: string) =>
    domain.send(el('presence', NS.client, { from: `${room}@muc/ada`, to: 'ada@a/x', type }))
  answer('joined')
  answer('joined', 'error') // a refused update, not a refused join
  answer('refused', 'error')
  answer('kicked')
  answer('kicked', 'unavailable')
  settle()
  muc.stanzas.length = 0
  ada.close()
  ada.close()
  ada.send(to('room@muc'))
  settle()
  assert.deepEqual(
    muc.stanzas.map(({ attrs }) => [attrs.type, attrs.from, attrs.to]),
    [['unavailable', 'ada@a/x', 'joined@muc/ada']],
  )
})

test('the queue is bounded', () => {
  const { router, settle, inbox } = setup({ maxQueued: 10 })
  const bob = inbox()
  router.attachUser('bob@a/x', bob.onStanza)
  const ada = router.attachUser('ada@a/x', () => {})
  for (let i = 0; i < 15; i++) ada.send(to('bob@a/x'))
  assert.deepEqual(router.statistics(), { users: 2, queued: 10, dropped: 5 })
  settle()
  assert.equal(bob.stanzas.length, 10)
  ada.send(to('bob@a/x'))
  settle()
  assert.equal(bob.stanzas.length, 11)
})

test('users who go while the queue is full are gone for their rooms all the same', () => {
  const { router, settle, inbox } = setup({ maxQueued: 3 })
  const room = inbox()
  router.attachDomain('muc.a', room.onStanza)
  const ada = router.attachUser('ada@a/x', () => {})
  ada.send(el('presence', NS.client, { to: 'r@muc.a/ada' }))
  settle()
  for (let i = 0; i < 5; i++) ada.send(to('r@muc.a', String(i)))
  ada.close()
  settle()
  assert.equal(router.statistics().dropped, 2)
  assert.equal(room.stanzas.at(-1)?.attrs.type, 'unavailable')
})
