import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { loginFrames } from '../test/conversation.ts'
import type { ClientError } from './errors.ts'
import { XmppStream } from './xmpp-stream.ts'

function stream() {
  const sent: string[] = []
  const ends: (ClientError | undefined)[] = []
  const stanzas: string[] = []
  const jids: string[] = []
  const core = new XmppStream('meet.example', {
    onSend: (text) => sent.push(text),
    onBound: (jid) => jids.push(jid),
    onStanza: ({ name }) => stanzas.push(name),
    onEnded: (error) => ends.push(error),
  })
  return { core, sent, ends, stanzas, jids }
}

test('the server may close in good order, in its own spelling', () => {
  const { core, ends } = stream()
  core.start()
  for (const frame of loginFrames) core.handleText(frame)
  core.handleText('<close xmlns="urn:ietf:params:xml:ns:xmpp-framing" />')
  core.handleSocketClosed('later')
  assert.deepEqual(ends, [undefined])
  assert.throws(() => core.send({ name: 'iq', ns: 'jabber:client', attrs: {}, children: [] }), { reason: 'closed' })
})

test('stanzas before the address is ours are not passed on; those after are', () => {
  const { core, stanzas, jids } = stream()
  core.start()
  for (const frame of loginFrames.slice(0, 5)) core.handleText(frame)
  core.handleText('<message from="meet.example"><query xmlns="http://jabber.org/protocol/disco#info"/></message>')
  core.handleText(loginFrames[5])
  core.handleText('<presence from="a@b/c"/>')
  core.handleText('<r xmlns="urn:xmpp:sm:3"/>')
  assert.deepEqual(stanzas, ['presence'])
  assert.equal(jids.length, 1)
})

test('whatever the server says, the stream ends at most once and never throws', () => {
  const frame = fc.oneof(
    fc.constantFrom(...loginFrames, '<iq/>', '<presence/>', '<x', '<a:b/>', '<!-- -->'),
    fc.string(),
  )
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
      const { core, ends } = stream()
      core.start()
      for (const text of frames) core.handleText(text)
      assert.ok(ends.length <= 1)
    }),
  )
})
