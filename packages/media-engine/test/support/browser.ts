/** Chromium as a peer: just enough SDP to send media to the engine and to receive it back. */
import { networkInterfaces } from 'node:os'
import type { LocalTransport, RemoteTransport } from '../../src/index.ts'

export interface OfferedTrack {
  readonly kind: 'audio' | 'video'
  /** What the browser does with it. */
  readonly direction: 'send' | 'receive'
  /** For `receive`: what we will send. */
  readonly ssrc?: number
  readonly rtxSsrc?: number
}

/** Chromium ignores loopback candidates: this machine's first other IPv4 address. */
export function ownAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address
}

export function buildOffer(
  transport: LocalTransport,
  fingerprint: string,
  address: string,
  port: number,
  tracks: readonly OfferedTrack[],
  protocol: 'udp' | 'tcp' = 'udp',
): string {
  const candidate =
    protocol === 'udp'
      ? `1 1 udp 2130706431 ${address} ${port} typ host`
      : `1 1 tcp 1518280447 ${address} ${port} typ host tcptype passive`
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${tracks.map((_, i) => i).join(' ')}`,
    'a=extmap-allow-mixed',
  ]
  tracks.forEach((track, mid) => {
    const audio = track.kind === 'audio'
    lines.push(
      `m=${track.kind} ${port} UDP/TLS/RTP/SAVPF ${audio ? '111' : '100 96'}`,
      'c=IN IP4 0.0.0.0',
      `a=mid:${mid}`,
      'a=rtcp-mux',
      `a=ice-ufrag:${transport.iceUfrag}`,
      `a=ice-pwd:${transport.icePwd}`,
      `a=fingerprint:sha-256 ${fingerprint}`,
      'a=setup:actpass',
      `a=candidate:${candidate} generation 0`,
      `a=${track.direction === 'send' ? 'recvonly' : 'sendonly'}`,
      ...(audio ? audioLines : videoLines),
    )
    if (track.ssrc !== undefined) lines.push(...ssrcLines(track.kind, track.ssrc, track.rtxSsrc))
  })
  return `${lines.join('\r\n')}\r\n`
}

/** The remote side and its SSRCs by kind, from an answer. */
export function readAnswer(sdp: string): {
  remote: RemoteTransport
  ssrcs: Map<string, { ssrc: number; rtxSsrc?: number }>
} {
  const field = (pattern: RegExp) => pattern.exec(sdp)?.[1] ?? ''
  const [hash = '', value = ''] = field(/^a=fingerprint:(.*?)\r?$/m).split(' ')
  const ssrcs = new Map<string, { ssrc: number; rtxSsrc?: number }>()
  for (const section of sdp.split(/^(?=m=)/m).slice(1)) {
    const kind = /^m=(\w+)/.exec(section)?.[1] ?? ''
    const pair = /^a=ssrc-group:FID (\d+) (\d+)/m.exec(section)
    const single = /^a=ssrc:(\d+)/m.exec(section)
    if (pair !== null) ssrcs.set(kind, { ssrc: Number(pair[1]), rtxSsrc: Number(pair[2]) })
    else if (single !== null) ssrcs.set(kind, { ssrc: Number(single[1]) })
  }
  return {
    remote: {
      iceUfrag: field(/^a=ice-ufrag:(.*?)\r?$/m),
      icePwd: field(/^a=ice-pwd:(.*?)\r?$/m),
      fingerprints: [{ hash, value }],
      setup: field(/^a=setup:(.*?)\r?$/m) === 'passive' ? 'passive' : 'active',
    },
    ssrcs,
  }
}

function ssrcLines(kind: string, ssrc: number, rtxSsrc: number | undefined): string[] {
  const describe = (number: number) => [`a=ssrc:${number} cname:x`, `a=ssrc:${number} msid:stream ${kind}-track`]
  return [
    ...(rtxSsrc === undefined ? [] : [`a=ssrc-group:FID ${ssrc} ${rtxSsrc}`]),
    ...describe(ssrc),
    ...(rtxSsrc === undefined ? [] : describe(rtxSsrc)),
  ]
}

const transportCc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01'
const absSendTime = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time'

const audioLines = [
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtcp-fb:111 transport-cc',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  `a=extmap:5 ${transportCc}`,
]

const videoLines = [
  'a=rtpmap:100 VP8/90000',
  'a=rtcp-fb:100 ccm fir',
  'a=rtcp-fb:100 nack',
  'a=rtcp-fb:100 nack pli',
  'a=rtcp-fb:100 transport-cc',
  'a=rtpmap:96 rtx/90000',
  'a=fmtp:96 apt=100',
  `a=extmap:3 ${absSendTime}`,
  `a=extmap:5 ${transportCc}`,
]
