import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { SessionAccept, SessionInitiate, SourceChange } from './jingle.ts'
import { decodeJingle } from './jingle-decode.ts'
import {
  encodeSessionAccept,
  encodeSessionInitiate,
  encodeSessionTerminate,
  encodeSourceChange,
} from './jingle-encode.ts'
import { JingleError, offerLimits } from './jingle-error.ts'
import type { SourceSet, TransportDescription } from './media.ts'
import { child, childElements, serialize, type XmlElement } from './xml.ts'
import { parseXml } from './xml-reader.ts'

const fingerprint = Array.from({ length: 32 }, (_, i) => i.toString(16).padStart(2, '0').toUpperCase()).join(':')

const transport: TransportDescription = {
  ufrag: '3b8f1',
  pwd: '22charsOrMorePassword1',
  fingerprints: [{ hash: 'sha-256', value: fingerprint, setup: 'actpass' }],
  candidates: [
    {
      foundation: '1',
      component: 1,
      protocol: 'udp',
      priority: 2130706431,
      ip: '203.0.113.7',
      port: 10000,
      type: 'host',
    },
    {
      foundation: '2',
      component: 1,
      protocol: 'tcp',
      priority: 1,
      ip: '2001:db8::7',
      port: 4443,
      type: 'srflx',
      relatedAddress: '10.0.0.1',
      relatedPort: 4443,
      tcpType: 'passive',
    },
  ],
  webSocketUrls: ['wss://meet.example/colibri-ws/jvb1/CONF/aaaaaaaa?pwd=PWD'],
}

const bridgeSources: SourceSet = {
  audio: [{ ssrc: 1111111111, name: 'jvb-a0', msid: 'mixedmslabel mixedlabelaudio0' }],
  video: [{ ssrc: 1111111112, name: 'jvb-v0', msid: 'mixedmslabel mixedlabelvideo0' }],
  groups: [],
}

const camera: SourceSet = {
  audio: [{ ssrc: 2222222222, name: 'bbbbbbbb-a0', msid: 'bbbbbbbb-audio-0-1 9f1c-1' }],
  video: [
    { ssrc: 2222222223, name: 'bbbbbbbb-v1', msid: 'bbbbbbbb-video-1-1 t1-1', videoType: 'desktop' },
    { ssrc: 2222222224, name: 'bbbbbbbb-v1', msid: 'bbbbbbbb-video-1-1 t1-1', videoType: 'desktop' },
  ],
  groups: [{ semantics: 'FID', ssrcs: [2222222223, 2222222224] }],
}

const offer: SessionInitiate = {
  action: 'session-initiate',
  sid: '5f2c0a',
  initiator: 'r1@muc.meet.example/focus',
  media: [
    {
      kind: 'audio',
      payloadTypes: [
        {
          id: 111,
          name: 'opus',
          clockRateHz: 48000,
          channels: 2,
          parameters: { minptime: '10', useinbandfec: '1' },
          feedback: [{ type: 'transport-cc' }],
        },
        { id: 112, name: 'red', clockRateHz: 48000, channels: 2, parameters: { '': '111/111' }, feedback: [] },
      ],
      headerExtensions: [{ id: 1, uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level' }],
    },
    {
      kind: 'video',
      payloadTypes: [
        {
          id: 100,
          name: 'VP8',
          clockRateHz: 90000,
          parameters: {},
          feedback: [{ type: 'ccm', subtype: 'fir' }, { type: 'nack' }],
        },
        { id: 96, name: 'rtx', clockRateHz: 90000, parameters: { apt: '100' }, feedback: [] },
      ],
      headerExtensions: [],
    },
  ],
  transport,
  sources: new Map([
    ['jvb', bridgeSources],
    ['bbbbbbbb', camera],
  ]),
  startMuted: { audio: true, video: false },
  bridgeSession: { id: 'bs-17', region: 'eu' },
}

const wire = (element: XmlElement) => parseXml(serialize(element))
const read = (xml: string, sender = 'aaaaaaaa') => decodeJingle(parseXml(xml), { sender })
const fails = (reason: string) => (error: unknown) => error instanceof JingleError && error.reason === reason

test('an offer survives the wire', () => {
  const decoded = decodeJingle(wire(encodeSessionInitiate(offer)), { sender: 'focus', limits: offerLimits })
  assert.deepEqual(decoded, offer)
})

test('an offer has what stock clients look for, where they look for it', () => {
  const jingle = wire(encodeSessionInitiate(offer))
  const contents = childElements(jingle, 'content')
  assert.deepEqual(
    contents.map((c) => [c.attrs.name, c.attrs.senders, c.attrs.creator]),
    [
      ['audio', 'both', 'initiator'],
      ['video', 'both', 'initiator'],
    ],
  )
  const bundle = child(jingle, 'group', 'urn:xmpp:jingle:apps:grouping:0')
  assert.deepEqual(
    childElements(bundle as XmlElement).map((c) => c.attrs.name),
    ['audio', 'video'],
  )
  for (const content of contents) {
    const description = child(content, 'description') as XmlElement
    assert.ok(child(description, 'rtcp-mux', 'urn:xmpp:jingle:apps:rtp:1'))
    const sources = childElements(description, 'source')
    assert.equal(child(sources[0] as XmlElement, 'ssrc-info')?.attrs.owner, 'jvb')
    assert.equal(child(sources[1] as XmlElement, 'ssrc-info')?.attrs.owner, 'r1@muc.meet.example/bbbbbbbb')
    for (const source of sources) assert.equal(childElements(source)[0]?.attrs.name, 'msid')
    assert.ok(child(child(content, 'transport') as XmlElement, 'web-socket', 'http://jitsi.org/protocol/colibri'))
  }
  const muted = child(jingle, 'startmuted', 'http://jitsi.org/jitmeet/start-muted')
  assert.deepEqual({ ...muted?.attrs }, { audio: 'true', video: 'false' })
  assert.equal(
    child(encodeSessionInitiate({ ...offer, startMuted: { audio: false, video: false } }), 'startmuted'),
    undefined,
  )
})

test('an answer survives the wire', () => {
  const answer: SessionAccept = {
    action: 'session-accept',
    sid: '5f2c0a',
    initiator: offer.initiator,
    responder: 'aaaaaaaa@meet.example/RES',
    media: offer.media,
    transport: {
      ...transport,
      fingerprints: [{ hash: 'sha-256', value: fingerprint, setup: 'active' }],
      webSocketUrls: [],
    },
    sources: camera,
    initialLastN: 20,
  }
  assert.deepEqual(decodeJingle(wire(encodeSessionAccept(answer)), { sender: 'aaaaaaaa' }), answer)
})

test('the answer of a stock client is understood', () => {
  const answer = read(`
<jingle xmlns="urn:xmpp:jingle:1" action="session-accept" initiator="r1@muc.meet.example/focus"
        responder="aaaaaaaa-1@meet.example/RES" sid="5f2c0a">
  <group xmlns="urn:xmpp:jingle:apps:grouping:0" semantics="BUNDLE">
    <content name="audio"/><content name="video"/><content name="data"/></group>
  <content creator="responder" name="audio" senders="both">
    <description xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio">
      <payload-type id="111" name="opus" clockrate="48000" channels="2"><parameter name="useinbandfec" value="1"/></payload-type>
      <source xmlns="urn:xmpp:jingle:apps:rtp:ssma:0" ssrc="3333333333" name="aaaaaaaa-a0">
        <parameter name="msid" value="aaaaaaaa-audio-0-1 7d2e-1"/></source>
      <rtcp-mux/>
    </description>
    <transport xmlns="urn:xmpp:jingle:transports:ice-udp:1" ufrag="Xy1z" pwd="abcdefghijklmnopqrstuvwx">
      <candidate component="1" foundation="1" generation="0" id="x" network="1" ip="a-b.local" port="9" priority="7"
        protocol="UDP" type="host"/>
      <candidate component="1" foundation="1" ip="10.0.0.1" port="99999999" priority="7" protocol="udp" type="host"/>
      <fingerprint xmlns="urn:xmpp:jingle:apps:dtls:0" hash="SHA-256" setup="active">${fingerprint.toLowerCase()}</fingerprint>
    </transport>
  </content>
  <content name="video" senders="both">
    <initial-last-n xmlns="jitsi:colibri2" value="20"/>
    <description xmlns="urn:xmpp:jingle:apps:rtp:1" media="video">
      <source xmlns="urn:xmpp:jingle:apps:rtp:ssma:0" rid="1"/>
      <source xmlns="urn:xmpp:jingle:apps:rtp:ssma:0" ssrc="3100000010" name="aaaaaaaa-v0" videoType="camera">
        <parameter name="cname" value="x"/><parameter name="msid" value="v t"/></source>
      <source xmlns="urn:xmpp:jingle:apps:rtp:ssma:0" ssrc="3100000011" name="aaaaaaaa-v0" videoType="camera">
        <parameter name="msid" value="v t"/></source>
      <ssrc-group xmlns="urn:xmpp:jingle:apps:rtp:ssma:0" semantics="SIM"><source ssrc="3100000010"/><source ssrc="3100000011"/></ssrc-group>
      <rid-group semantics="SIM"><source rid="1"/></rid-group>
    </description>
    <transport xmlns="urn:xmpp:jingle:transports:ice-udp:1"/>
  </content>
</jingle>`)
  assert.equal(answer.action, 'session-accept')
  if (answer.action !== 'session-accept') return
  assert.deepEqual(answer.sources, {
    audio: [{ ssrc: 3333333333, name: 'aaaaaaaa-a0', msid: 'aaaaaaaa-audio-0-1 7d2e-1' }],
    video: [
      { ssrc: 3100000010, name: 'aaaaaaaa-v0', msid: 'v t', videoType: 'camera' },
      { ssrc: 3100000011, name: 'aaaaaaaa-v0', msid: 'v t', videoType: 'camera' },
    ],
    groups: [{ semantics: 'SIM', ssrcs: [3100000010, 3100000011] }],
  })
  assert.equal(answer.initialLastN, 20)
  assert.deepEqual(answer.transport.fingerprints, [{ hash: 'sha-256', value: fingerprint, setup: 'active' }])
  assert.deepEqual(
    answer.transport.candidates.map((c) => c.ip),
    ['a-b.local'],
  )
})

test('sources travel in both forms', () => {
  const change: SourceChange = {
    action: 'source-add',
    sid: '5f2c0a',
    initiator: offer.initiator,
    sources: new Map([['bbbbbbbb', camera]]),
  }
  for (const form of ['owned', 'json'] as const) {
    assert.deepEqual(decodeJingle(wire(encodeSourceChange(change, { form })), { sender: 'focus' }), change, form)
  }
  const own = wire(encodeSourceChange(change, { form: 'own' }))
  assert.deepEqual(decodeJingle(own, { sender: 'bbbbbbbb' }), change)
  assert.ok(!serialize(own).includes('ssrc-info'))
  const audioOnly = { ...change, sources: new Map([['b', { ...camera, video: [], groups: [] }]]) }
  assert.deepEqual(
    childElements(encodeSourceChange(audioOnly, { form: 'owned' })).map((c) => c.attrs.name),
    ['audio'],
  )
})

test('a change of sources needs neither creator nor senders', () => {
  const message = read(
    `<jingle xmlns="urn:xmpp:jingle:1" action="source-add" sid="s"><content name="audio"><description
       xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio"><source xmlns="urn:xmpp:jingle:apps:rtp:ssma:0" ssrc="7"
       name="aaaaaaaa-a0"><parameter name="msid" value="a b"/></source></description></content></jingle>`,
  )
  assert.equal(message.action, 'source-add')
  if (message.action !== 'source-add') return
  assert.deepEqual(
    message.sources.get('aaaaaaaa')?.audio.map(({ ssrc, name, msid }) => ({ ssrc, name, msid })),
    [{ ssrc: 7, name: 'aaaaaaaa-a0', msid: 'a b' }],
  )
})

test('the compact form is the documented one', () => {
  const json = `{"sources":{"bbbbbbbb":[
    [{"s":2000000041,"n":"bbbbbbbb-v0","m":"bbbbbbbb-video-0-1 t1-1"},{"s":2000000042,"n":"bbbbbbbb-v0","m":"bbbbbbbb-video-0-1 t1-1"}],
    [["f",2000000041,2000000042]],
    [{"s":2000000043,"n":"bbbbbbbb-a0","m":"bbbbbbbb-audio-0-1 t2-1"}]]}}`
  const message = read(
    `<jingle xmlns="urn:xmpp:jingle:1" action="source-add" sid="s"><json-message xmlns="http://jitsi.org/jitmeet">${json}</json-message></jingle>`,
    'focus',
  )
  assert.equal(message.action, 'source-add')
  if (message.action !== 'source-add') return
  assert.deepEqual(message.sources.get('bbbbbbbb')?.groups, [{ semantics: 'FID', ssrcs: [2000000041, 2000000042] }])
  const again = encodeSourceChange(message, { form: 'json' })
  assert.deepEqual(JSON.parse(String(childElements(again)[0]?.children[0])), JSON.parse(json))
})

test('a session ends with a reason, and asks for another', () => {
  const end = read(
    `<jingle xmlns="urn:xmpp:jingle:1" action="session-terminate" sid="5f2c0a"><reason><connectivity-error/><text>ICE FAILED</text></reason>
     <bridge-session xmlns="http://jitsi.org/protocol/focus" id="bs-17" restart="true"/></jingle>`,
  )
  assert.deepEqual(end, {
    action: 'session-terminate',
    sid: '5f2c0a',
    reason: 'connectivity-error',
    text: 'ICE FAILED',
    bridgeSession: { id: 'bs-17', restart: true },
  })
  if (end.action === 'session-terminate') {
    assert.deepEqual(decodeJingle(wire(encodeSessionTerminate(end)), { sender: 'a' }), end)
  }
})

test('an ICE restart in place and trickled candidates are recognised', () => {
  const info = read(
    '<jingle xmlns="urn:xmpp:jingle:1" action="session-info" sid="s"><bridge-session xmlns="http://jitsi.org/protocol/focus" id="bs" ice-restart="true"/></jingle>',
  )
  assert.deepEqual(info, { action: 'session-info', sid: 's', iceRestart: { bridgeSessionId: 'bs' } })
  const trickle = read(
    `<jingle xmlns="urn:xmpp:jingle:1" action="transport-info" sid="s"><content name="audio"><transport
       xmlns="urn:xmpp:jingle:transports:ice-udp:1" ufrag="u" pwd="p" ice-generation="3"><candidate component="1"
       foundation="f" ip="10.0.0.1" port="9" priority="7" protocol="udp" type="host"/></transport></content></jingle>`,
  )
  assert.equal(trickle.action === 'transport-info' && trickle.contents[0]?.iceGeneration, 3)
  assert.equal(trickle.action === 'transport-info' && trickle.contents[0]?.candidates[0]?.port, 9)
})

test('what is wrong is said', () => {
  const add = (sources: string) =>
    `<jingle xmlns="urn:xmpp:jingle:1" action="source-add" sid="s"><content name="audio"><description
      xmlns="urn:xmpp:jingle:apps:rtp:1" media="audio">${sources}</description></content></jingle>`
  const source = (ssrc: string | number) => `<source xmlns="urn:xmpp:jingle:apps:rtp:ssma:0" ssrc="${ssrc}"/>`
  assert.throws(() => read(add(source(0))), fails('bad-request'))
  assert.throws(() => read(add(source(4294967296))), fails('bad-request'))
  assert.throws(() => read(add(source('1e3'))), fails('bad-request'))
  assert.throws(() => read(add(source(5) + source(5))), fails('bad-request'))
  assert.throws(
    () => read(add(Array.from({ length: 65 }, (_, i) => source(i + 1)).join(''))),
    fails('resource-constraint'),
  )
  assert.throws(() => read('<jingle xmlns="urn:xmpp:jingle:1" action="source-add"/>'), fails('bad-request'))
  assert.throws(
    () => read('<jingle xmlns="urn:xmpp:jingle:1" action="source-modify" sid="s"/>'),
    fails('feature-not-implemented'),
  )
  assert.throws(() => read('<jingle xmlns="urn:xmpp:jingle:1" action="session-accept" sid="s"/>'), fails('bad-request'))
  const stranger = encodeSessionAccept({
    action: 'session-accept',
    sid: 's',
    media: offer.media,
    transport,
    sources: camera,
  })
  const forged = serialize(stranger).replace(
    '</source>',
    '<ssrc-info xmlns="http://jitsi.org/jitmeet" owner="bbbbbbbb"/></source>',
  )
  assert.throws(() => read(forged), fails('bad-request'))
})

test('whatever arrives, reading ends in a message or a JingleError', () => {
  const text = serialize(encodeSessionInitiate(offer))
  const values = [...text.matchAll(/"([^"]*)"/g)].map((m) => m[1] ?? '')
  fc.assert(
    fc.property(
      fc.nat(values.length - 1),
      fc.oneof(
        fc.string({ unit: 'grapheme-ascii' }),
        fc.constantFrom('', '0', '-1', '__proto__', '1e9', '99999999999'),
      ),
      (index, replacement) => {
        let seen = -1
        const clean = replacement.replace(/[<>&"']/g, '')
        const mutated = text.replace(/"([^"]*)"/g, (whole) => (++seen === index ? `"${clean}"` : whole))
        try {
          decodeJingle(parseXml(mutated), { sender: 'aaaaaaaa' })
        } catch (error) {
          assert.ok(error instanceof Error && 'code' in error, String(error))
        }
      },
    ),
    { numRuns: 300 },
  )
  fc.assert(
    fc.property(fc.json(), (json) => {
      const jingle = parseXml('<jingle xmlns="urn:xmpp:jingle:1" action="source-add" sid="s"/>')
      const message = { ...jingle, children: [{ name: 'json-message', ns: 'x', attrs: {}, children: [json] }] }
      assert.throws(() => decodeJingle(message, { sender: 'a' }), fails('bad-request'))
    }),
    { numRuns: 200 },
  )
})
