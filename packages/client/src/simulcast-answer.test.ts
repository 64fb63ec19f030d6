import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAnswer } from './sdp-answer.ts'
import { SimulcastAnswer } from './simulcast-answer.ts'

const head = ['v=0', 'o=- 2 1 IN IP4 127.0.0.1', 's=-', 't=0 0']
const transport = ['a=ice-ufrag:u', 'a=ice-pwd:p', 'a=fingerprint:sha-256 AB:CD', 'a=setup:active']
const camera = (mid: string, direction: string, ...streams: string[]) => [
  'm=video 9 UDP/TLS/RTP/SAVPF 100 96',
  ...transport,
  `a=mid:${mid}`,
  `a=${direction}`,
  'a=rtpmap:100 VP8/90000',
  ...streams,
]
const repaired = ['a=ssrc-group:FID 1111111111 2222222222', 'a=ssrc:1111111111 cname:c', 'a=ssrc:2222222222 cname:c']
const write = (...sections: string[][]) => [...head, ...sections.flat(), ''].join('\r\n')
/** Deterministic, and never the same twice in a row. */
const randomness = () => {
  let state = 1
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647
}
const extend = (sdp: string, mid = '1') => new SimulcastAnswer(randomness()).extend(sdp, mid)

test("three encodings, each with its retransmission, the browser's own SSRC first", () => {
  const [section] = parseAnswer(extend(write(camera('1', 'sendrecv', ...repaired)))).sections
  assert.equal(section?.ssrcs.length, 6)
  const [simulcast, ...repairs] = section.groups
  assert.equal(simulcast?.semantics, 'SIM')
  assert.equal(simulcast.ssrcs[0], 1111111111)
  assert.deepEqual(
    repairs.map(({ semantics, ssrcs: [primary] }) => `${semantics} ${primary}`),
    simulcast.ssrcs.map((ssrc) => `FID ${ssrc}`),
  )
  assert.deepEqual(repairs[0]?.ssrcs, [1111111111, 2222222222])
  for (const ssrc of section.ssrcs) assert.match(String(ssrc), /^\d{10}$/)
})

test('without retransmission there are three SSRCs', () => {
  const [section] = parseAnswer(extend(write(camera('1', 'sendonly', 'a=ssrc:1111111111 cname:c')))).sections
  assert.equal(section?.ssrcs.length, 3)
  assert.deepEqual(section.groups, [{ semantics: 'SIM', ssrcs: section.ssrcs }])
})

test('later rounds keep the SSRCs, whether the browser remembers the group or not', () => {
  const answer = new SimulcastAnswer(randomness())
  const plain = write(camera('1', 'sendrecv', ...repaired))
  const first = answer.extend(plain, '1')
  assert.equal(answer.extend(plain, '1'), first)
  assert.equal(answer.extend(first, '1'), first)
})

test('another SSRC of the browser is another stream', () => {
  const answer = new SimulcastAnswer(randomness())
  answer.extend(write(camera('1', 'sendrecv', ...repaired)), '1')
  const other = answer.extend(write(camera('1', 'sendrecv', 'a=ssrc:3333333333 cname:c')), '1')
  assert.equal(parseAnswer(other).sections[0]?.groups[0]?.ssrcs[0], 3333333333)
})

test('other lines stay as they are', () => {
  const other = camera('2', 'sendonly', 'a=ssrc:4444444444 cname:c')
  const sdp = write(camera('1', 'sendrecv', ...repaired), other)
  assert.ok(extend(sdp).endsWith([...other, ''].join('\r\n')))
  for (const [same, mid] of [
    [sdp, '7'],
    [write(camera('1', 'recvonly')), '1'],
    [write(camera('1', 'inactive', ...repaired)), '1'],
  ] as const) {
    assert.equal(extend(same, mid), same)
  }
})
