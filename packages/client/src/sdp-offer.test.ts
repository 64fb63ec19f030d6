import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MediaDescription, TransportDescription } from '@parley/protocol'
import type { RemoteSource } from './remote-source.ts'
import type { AudioSettings } from './audio-settings.ts'
import { SdpOffer } from './sdp-offer.ts'

const media: MediaDescription[] = [
  {
    kind: 'audio',
    payloadTypes: [
      {
        id: 111,
        name: 'opus',
        clockRateHz: 48_000,
        channels: 2,
        parameters: { minptime: '10', useinbandfec: '1' },
        feedback: [{ type: 'transport-cc' }],
      },
      { id: 112, name: 'red', clockRateHz: 48_000, channels: 2, parameters: { '': '111/111' }, feedback: [] },
    ],
    headerExtensions: [{ id: 1, uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level' }],
  },
  {
    kind: 'video',
    payloadTypes: [
      { id: 100, name: 'VP8', clockRateHz: 90_000, parameters: {}, feedback: [{ type: 'nack', subtype: 'pli' }] },
      { id: 96, name: 'rtx', clockRateHz: 90_000, parameters: { apt: '100' }, feedback: [] },
    ],
    headerExtensions: [],
  },
]

const transport: TransportDescription = {
  ufrag: 'ufr',
  pwd: 'password-of-22-characters',
  fingerprints: [{ hash: 'sha-256', value: 'AB:CD', setup: 'actpass' }],
  candidates: [
    {
      foundation: '1',
      component: 1,
      protocol: 'udp',
      priority: 2130706431,
      ip: '203.0.113.7',
      port: 10_000,
      type: 'host',
    },
    {
      foundation: '2',
      component: 1,
      protocol: 'tcp',
      priority: 1,
      ip: '203.0.113.7',
      port: 443,
      type: 'srflx',
      relatedAddress: '10.0.0.1',
      relatedPort: 9,
      tcpType: 'passive',
    },
  ],
  webSocketUrls: [],
}

function source(name: string, ssrc: number): RemoteSource {
  const kind = name.includes('-a') ? 'audio' : 'video'
  const ssrcs = kind === 'audio' ? [ssrc] : [ssrc, ssrc + 1]
  const groups = kind === 'audio' ? [] : [{ semantics: 'FID' as const, ssrcs }]
  return { name, ownerId: name.split('-')[0] ?? '', kind, ssrcs, groups }
}

function offerOf(kinds: readonly MediaDescription[] = media, audio: AudioSettings = {}): SdpOffer {
  return new SdpOffer({
    media: kinds,
    transport,
    bridgeSources: [source('jvb-a0', 11), source('jvb-v0', 12)],
    audio,
    primaryNames: { audio: 'me-a0', video: 'me-v0' },
  })
}

/** `mid direction ssrc` of each m-line. */
function summary(sdp: string): string[] {
  return sdp
    .split(/^(?=m=)/m)
    .slice(1)
    .map((section) => {
      const mid = /^a=mid:(.*)$/m.exec(section)?.[1]
      const direction = /^a=(sendrecv|sendonly|recvonly|inactive)$/m.exec(section)?.[1]
      const ssrc = /^a=ssrc:(\d+)/m.exec(section)?.[1] ?? 'none'
      return `${mid} ${section.slice(2, 7)} ${direction} ${ssrc}`
    })
}

test('the permanent lines carry the bridge out and us in', () => {
  const sdp = offerOf().build()
  assert.deepEqual(summary(sdp), ['0 audio sendrecv 11', '1 video sendrecv 12'])
  assert.match(sdp, /^v=0\r\no=- 1 1 IN IP4 127\.0\.0\.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n/)
  assert.match(sdp, /\r\nm=audio 9 UDP\/TLS\/RTP\/SAVPF 111 112\r\n/)
  assert.match(
    sdp,
    /\r\na=rtpmap:111 opus\/48000\/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtcp-fb:111 transport-cc\r\n/,
  )
  assert.match(sdp, /\r\na=fmtp:112 111\/111\r\n/)
  assert.match(sdp, /\r\na=rtcp-fb:100 nack pli\r\n/)
  assert.match(sdp, /\r\na=fmtp:96 apt=100\r\n/)
  assert.equal(sdp.match(/x-google-start-bitrate/g)?.length, 1)
  assert.equal(sdp.match(/^a=setup:actpass\r$/gm)?.length, 2)
  assert.deepEqual(
    sdp.match(/^a=candidate:.*$/gm)?.map((line) => line.trim()),
    [
      'a=candidate:1 1 udp 2130706431 203.0.113.7 10000 typ host',
      'a=candidate:2 1 tcp 1 203.0.113.7 443 typ srflx raddr 10.0.0.1 rport 9 tcptype passive',
    ],
  )
})

test('each source of others has a line; the line of one that left rests a round and is used again', () => {
  const offer = offerOf()
  const ada = source('ada-v0', 100)
  offer.setRemoteSources([ada, source('ada-a0', 200)])
  assert.deepEqual(summary(offer.build()).slice(2), ['2 video sendonly 100', '3 audio sendonly 200'])
  assert.equal(offer.midOf('ada-v0'), '2')
  offer.setRemoteSources([source('ada-a0', 200), source('bob-v0', 300)])
  assert.deepEqual(summary(offer.build()).slice(2), [
    '2 video inactive none',
    '3 audio sendonly 200',
    '4 video sendonly 300',
  ])
  assert.equal(offer.midOf('ada-v0'), undefined)
  offer.setRemoteSources([source('ada-a0', 200), source('bob-v0', 300), source('cy-v0', 400)])
  const sdp = offer.build()
  assert.deepEqual(summary(sdp).slice(2), ['2 video sendonly 400', '3 audio sendonly 200', '4 video sendonly 300'])
  assert.match(sdp, /^o=- 1 3 /m)
})

test('a source that comes back with other SSRCs does not stay on its line', () => {
  const offer = offerOf()
  offer.setRemoteSources([source('ada-v0', 100)])
  offer.build()
  offer.setRemoteSources([source('ada-v0', 500)])
  assert.deepEqual(summary(offer.build()).slice(2), ['2 video inactive none', '3 video sendonly 500'])
})

test('a further source of ours is asked for, put to rest and asked for again on one line', () => {
  const offer = offerOf()
  offer.setLocalSource('me-v1', 'video', true)
  assert.deepEqual(summary(offer.build())[2], '2 video recvonly none')
  offer.setLocalSource('me-v1', 'video', false)
  assert.deepEqual(summary(offer.build())[2], '2 video inactive none')
  offer.setRemoteSources([source('ada-v0', 100)])
  offer.setLocalSource('me-v1', 'video', true)
  assert.deepEqual(summary(offer.build()).slice(2), ['2 video recvonly none', '3 video sendonly 100'])
})

test('voice and camera of one owner are kept in step, the screen is not', () => {
  const offer = offerOf()
  offer.setRemoteSources([source('ada-v0', 100), source('ada-a0', 200), source('ada-v1', 300)])
  const labels = [...offer.build().matchAll(/^a=msid:(\S+) (\S+)/gm)].map(([, stream, track]) => `${stream} ${track}`)
  assert.deepEqual(labels.slice(2), ['ada-camera ada-v0', 'ada-camera ada-a0', 'ada-screen ada-v1'])
})

test('a kind that was not offered has no lines', () => {
  const offer = offerOf(media.slice(0, 1))
  offer.setRemoteSources([source('ada-v0', 100), source('ada-a0', 200)])
  offer.setLocalSource('me-v1', 'video', true)
  assert.deepEqual(summary(offer.build()), ['0 audio sendrecv 11', '1 audio sendonly 200'])
})

test('no word of a peer starts a line of its own', () => {
  const offer = offerOf()
  offer.setRemoteSources([{ ...source('ada-v0', 100), name: 'x\r\na=candidate:evil', ownerId: 'x\r\nm=audio 1' }])
  const sdp = offer.build()
  assert.equal(sdp.match(/^m=/gm)?.length, 3)
  assert.equal(sdp.match(/^a=candidate/gm)?.length, 2)
})

test('silence is left out of what we ask the browser to send, when that is wished for', () => {
  assert.match(offerOf(media, { dtx: true }).build(), /^a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r$/m)
  assert.doesNotMatch(offerOf().build(), /usedtx/)
})

test('the codec that we would like to send stands first', () => {
  const video = { ...media[1], kind: 'video' as const, headerExtensions: [] }
  const codec = (id: number, name: string) => ({ id, name, clockRateHz: 90_000, parameters: {}, feedback: [] })
  const offer = offerOf([{ ...video, payloadTypes: [codec(100, 'VP8'), codec(41, 'AV1'), codec(101, 'VP9')] }])
  const order = () => /^m=video 9 \S+ (.*)\r$/m.exec(offer.build())?.[1]
  assert.equal(order(), '100 41 101')
  offer.preferCodec('vp9')
  assert.equal(order(), '101 100 41')
  offer.preferCodec('h264')
  assert.equal(order(), '100 41 101')
})
