import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeColibri } from './colibri.ts'
import type { BridgeColibriMessage, ClientColibriMessage } from './colibri.ts'
import { decodeBridgeColibri, decodeClientColibri } from './colibri-decode.ts'

const fromClients: readonly ClientColibriMessage[] = [
  {
    colibriClass: 'ReceiverVideoConstraints',
    lastN: 20,
    selectedSources: ['bbbbbbbb-v0'],
    onStageSources: ['cccccccc-v1'],
    defaultConstraints: { maxHeight: 180, maxFrameRate: -1 },
    constraints: new Map([
      ['cccccccc-v1', { maxHeight: 720 }],
      ['__proto__', { maxHeight: 0 }],
    ]),
    assumedBandwidthBps: -1,
  },
  { colibriClass: 'ReceiverVideoConstraints' },
  { colibriClass: 'LastNChangedEvent', lastN: -1 },
  { colibriClass: 'SourceVideoTypeMessage', sourceName: 'aaaaaaaa-v0', videoType: 'none' },
  { colibriClass: 'VideoTypeMessage', videoType: 'desktop' },
  { colibriClass: 'ReceiverAudioSubscription', all: true, include: [], exclude: ['aaaaaaaa-a1'] },
  {
    colibriClass: 'EndpointMessage',
    to: '',
    msgPayload: { type: 'e2e-ping-request', id: 7, deep: { list: [1, null] } },
  },
  { colibriClass: 'EndpointStats', stats: { connectionQuality: 99.5, bitrate: { upload: 300, download: 2000 } } },
  { colibriClass: 'ClientHello' },
]

const fromBridges: readonly BridgeColibriMessage[] = [
  { colibriClass: 'ServerHello' },
  { colibriClass: 'ServerHello', version: '1.0' },
  {
    colibriClass: 'DominantSpeakerEndpointChangeEvent',
    dominantSpeakerEndpoint: 'aaaaaaaa',
    previousSpeakers: ['bbbbbbbb', 'cccccccc'],
    silence: false,
  },
  { colibriClass: 'EndpointConnectivityStatusChangeEvent', endpoint: 'aaaaaaaa', active: false },
  { colibriClass: 'ForwardedSources', forwardedSources: ['aaaaaaaa-v0'] },
  { colibriClass: 'SenderSourceConstraints', sourceName: 'aaaaaaaa-v0', maxHeight: 360 },
  { colibriClass: 'ConnectionStats', estimatedDownlinkBandwidth: 2_500_000 },
  { colibriClass: 'EndpointMessage', from: 'aaaaaaaa', to: 'bbbbbbbb', msgPayload: {} },
  { colibriClass: 'EndpointStats', from: 'aaaaaaaa', stats: { jvbRTT: 12 } },
  {
    colibriClass: 'VideoSourcesMap',
    mappedSources: [
      { source: 'a-v0', owner: 'a', ssrc: 4_000_000_001, rtx: 4_000_000_002, videoType: 'camera', mid: 'v0' },
      { source: 'b-v0', owner: 'b', ssrc: 4_000_000_003, videoType: 'desktop' },
    ],
  },
  { colibriClass: 'AudioSourcesMap', mappedSources: [{ source: 'a-a0', owner: 'a', ssrc: 4_000_000_004 }] },
  { colibriClass: 'SyntheticSourceSendingChangeEvent', sourceName: 'a-a1', sending: true, timestamp: 4_294_967_295 },
]

test('every client message survives the wire', () => {
  for (const message of fromClients) {
    assert.deepEqual(decodeClientColibri(encodeColibri(message)), { ok: true, message })
  }
})

test('every bridge message survives the wire', () => {
  for (const message of fromBridges) {
    assert.deepEqual(decodeBridgeColibri(encodeColibri(message)), { ok: true, message })
  }
})

test('the wire has what the stock client compares with', () => {
  const wire = (message: BridgeColibriMessage) => JSON.parse(encodeColibri(message))
  const status = wire({ colibriClass: 'EndpointConnectivityStatusChangeEvent', endpoint: 'a', active: true })
  assert.equal(status.active, 'true')
  const slot = { source: 'a-v0', owner: 'a', ssrc: 5, videoType: 'camera' }
  const map = wire({ colibriClass: 'VideoSourcesMap', mappedSources: [slot] })
  assert.equal(map.mappedSources[0].rtx, '-1')
  const limit = wire({ colibriClass: 'SenderSourceConstraints', sourceName: 'a-v0', maxHeight: 180 })
  assert.equal(typeof limit.maxHeight, 'number')
})

test('a field of the stats cannot pose as sender or class', () => {
  const text = encodeColibri({
    colibriClass: 'EndpointStats',
    from: 'real',
    stats: { from: 'forged', colibriClass: 'ForwardedSources', jvbRTT: 1 },
  })
  assert.deepEqual(JSON.parse(text), { jvbRTT: 1, colibriClass: 'EndpointStats', from: 'real' })
})

test("the stock client's first messages are understood", () => {
  assert.deepEqual(
    decodeClientColibri('{"colibriClass":"ReceiverVideoConstraints","assumedBandwidthBps":-1,"lastN":-1}'),
    { ok: true, message: { colibriClass: 'ReceiverVideoConstraints', assumedBandwidthBps: -1, lastN: -1 } },
  )
  const decoded = decodeClientColibri(
    '{"colibriClass":"ReceiverVideoConstraints","constraints":{"b-v0":{"maxHeight":403.5}},"unknownField":[1]}',
  )
  const constraints = new Map([['b-v0', { maxHeight: 403 }]])
  assert.deepEqual(decoded, { ok: true, message: { colibriClass: 'ReceiverVideoConstraints', constraints } })
})

test('the older form of an audio subscription becomes the newer', () => {
  const cases = [
    ['{"mode":"All"}', { all: true, include: [], exclude: [] }],
    ['{"mode":"None"}', { all: false, include: [], exclude: [] }],
    ['{"mode":"Include","list":["a"]}', { all: false, include: ['a'], exclude: [] }],
    ['{"mode":"Exclude","list":["a"]}', { all: true, include: [], exclude: ['a'] }],
  ] as const
  for (const [fields, expected] of cases) {
    const decoded = decodeClientColibri(fields.replace('{', '{"colibriClass":"ReceiverAudioSubscription",'))
    assert.deepEqual(decoded, { ok: true, message: { colibriClass: 'ReceiverAudioSubscription', ...expected } })
  }
})

test('what is wrong is refused with its reason', () => {
  const message = (fields: string) => `{"colibriClass":"ReceiverVideoConstraints",${fields}}`
  const names = JSON.stringify(Array.from({ length: 1025 }, (_, i) => `s${i}`))
  const cases = [
    ['', 'not-json'],
    ['{"colibriClass":"ClientHello"', 'not-json'],
    ['[]', 'not-an-object'],
    ['null', 'not-an-object'],
    ['{}', 'unknown-class'],
    ['{"colibriClass":7}', 'unknown-class'],
    ['{"colibriClass":"toString"}', 'unknown-class'],
    ['{"colibriClass":"ServerHello"}', 'unknown-class'],
    [message('"lastN":1.5'), 'bad-field'],
    [message('"lastN":-2'), 'bad-field'],
    [message('"lastN":"3"'), 'bad-field'],
    [message('"lastN":1e999'), 'bad-field'],
    [message('"selectedSources":"a-v0"'), 'bad-field'],
    [message('"selectedSources":[7]'), 'bad-field'],
    [message(`"selectedSources":${names}`), 'bad-field'],
    [message('"constraints":{"a-v0":720}'), 'bad-field'],
    [message('"defaultConstraints":{}'), 'bad-field'],
    ['{"colibriClass":"EndpointMessage","to":"","msgPayload":"text"}', 'bad-field'],
    ['{"colibriClass":"EndpointMessage","msgPayload":{}}', 'bad-field'],
    ['{"colibriClass":"SourceVideoTypeMessage","sourceName":"a-v0","videoType":"hologram"}', 'bad-field'],
    [`{"colibriClass":"SourceVideoTypeMessage","sourceName":"${'a'.repeat(257)}","videoType":"none"}`, 'bad-field'],
    ['{"colibriClass":"ReceiverAudioSubscription","mode":"Sometimes"}', 'bad-field'],
    [`${'['.repeat(33)}${']'.repeat(33)}`, 'too-deep'],
    [`{"a":"${'x'.repeat(65_536)}"}`, 'too-long'],
  ] as const
  for (const [text, reason] of cases) {
    const decoded = decodeClientColibri(text)
    assert.equal(decoded.ok ? 'accepted' : decoded.error.reason, reason, text.slice(0, 80))
  }
})

test('brackets inside strings are not nesting', () => {
  const payload = JSON.stringify({ text: `${'['.repeat(100)}\\"{` })
  const decoded = decodeClientColibri(`{"colibriClass":"EndpointMessage","to":"","msgPayload":${payload}}`)
  assert.equal(decoded.ok, true)
})

test('no text makes a decoder throw', () => {
  const valid = [...fromClients, ...fromBridges].map(encodeColibri)
  const cut = fc.tuple(fc.constantFrom(...valid), fc.nat(400), fc.string({ maxLength: 8 }), fc.nat(8))
  const mutated = cut.map(([text, at, insert, remove]) => text.slice(0, at) + insert + text.slice(at + remove))
  const json = fc.tuple(fc.constantFrom(...valid), fc.dictionary(fc.constantFrom(...fieldNames), fc.jsonValue()))
  const merged = json.map(([text, fields]) => JSON.stringify({ ...JSON.parse(text), ...fields }))
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), mutated, merged), (text) => {
      for (const decoded of [decodeClientColibri(text), decodeBridgeColibri(text)]) {
        if (!decoded.ok) assert.ok(decoded.error.message.length < 600, decoded.error.message)
      }
    }),
    { numRuns: 2000 },
  )
})

const fieldNames = [
  'lastN',
  'selectedSources',
  'constraints',
  'defaultConstraints',
  'sourceName',
  'videoType',
  'to',
  'from',
  'msgPayload',
  'mode',
  'include',
  'active',
  'mappedSources',
  'maxHeight',
]
