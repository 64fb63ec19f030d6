import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAnswer } from './sdp-answer.ts'

/** As Chromium 156 answers, shortened. */
const chromium = `v=0
o=- 478780535256398434 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=ice-ufrag:7mD6
a=ice-pwd:/6D9GWxU6vLT73S0sZ5FNP9I
a=fingerprint:sha-256 26:c0:e6:9b
a=setup:active
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendrecv
a=msid:- e13a7aa3
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=ssrc:3489055686 cname:BQ6m7sKIY8hCGmyg
m=video 9 UDP/TLS/RTP/SAVPF 96 97
a=mid:1
a=sendrecv
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=fmtp:96 x-google-start-bitrate=1000
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtcp-fb:99 nack
a=ssrc-group:FID 1825750106 1349946151
a=ssrc:1825750106 cname:BQ6m7sKIY8hCGmyg
a=ssrc:1349946151 cname:BQ6m7sKIY8hCGmyg
m=video 0 UDP/TLS/RTP/SAVPF 96
a=mid:2
a=inactive
a=ssrc:1308995991 cname:BQ6m7sKIY8hCGmyg
`.replaceAll('\n', '\r\n')

test("reads a browser's answer", () => {
  const answer = parseAnswer(chromium)
  assert.deepEqual(
    [answer.ufrag, answer.pwd, answer.fingerprint],
    ['7mD6', '/6D9GWxU6vLT73S0sZ5FNP9I', { hash: 'sha-256', value: '26:C0:E6:9B', setup: 'active' }],
  )
  const [audio, video, resting] = answer.sections
  assert.deepEqual(audio?.payloadTypes, [
    {
      id: 111,
      name: 'opus',
      clockRateHz: 48_000,
      channels: 2,
      parameters: { minptime: '10', useinbandfec: '1' },
      feedback: [{ type: 'transport-cc' }],
    },
  ])
  assert.deepEqual(audio?.headerExtensions, [{ id: 1, uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level' }])
  assert.deepEqual(video?.ssrcs, [1825750106, 1349946151])
  assert.deepEqual(video?.groups, [{ semantics: 'FID', ssrcs: [1825750106, 1349946151] }])
  // the hint to our own encoder stays with us
  assert.deepEqual(video?.payloadTypes[0]?.parameters, {})
  assert.deepEqual(video?.payloadTypes[0]?.feedback, [{ type: 'ccm', subtype: 'fir' }, { type: 'nack' }])
  // Chromium lists SSRCs of lines it does not send on
  assert.deepEqual([resting?.isSending, resting?.isRejected, resting?.ssrcs], [false, true, [1308995991]])
})

test('credentials may stand above the media', () => {
  const session = 'a=ice-ufrag:u\r\na=ice-pwd:p\r\na=fingerprint:SHA-256 aa:bb\r\nm=audio 9 X 0\r\na=mid:0\r\n'
  assert.deepEqual(parseAnswer(session).fingerprint, { hash: 'sha-256', value: 'AA:BB', setup: 'active' })
})

test('an answer without credentials is an error, whatever it is made of', () => {
  assert.throws(() => parseAnswer('v=0\r\nm=audio 9 X 0\r\n'), { reason: 'media' })
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('m=audio 9 X 0', 'm=video', 'a=ssrc:', 'a=fmtp:1 =;;', 'a=extmap:', 'a=ssrc-group:FID x'),
  )
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        parseAnswer(lines.join('\r\n'))
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'PARLEY_CLIENT')
      }
    }),
  )
})
