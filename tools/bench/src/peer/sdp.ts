/** Descriptions for one stream between the load and a peer (RFC 8866, RFC 8829): written plainly, read for what is needed. */
import type { CodecParameters, LocalTransport, RtpParameters } from '@parley/media-engine'

export interface Description {
  readonly iceUfrag: string
  readonly icePwd: string
  readonly fingerprints: readonly { readonly hash: string; readonly value: string }[]
  readonly setup: 'active' | 'passive' | 'actpass'
  readonly candidates: readonly { readonly ip: string; readonly port: number }[]
  /** Primary first, then RTX. */
  readonly ssrcs: readonly number[]
  readonly mid: string
  readonly parameters: RtpParameters
}

export interface Stream {
  readonly kind: 'audio' | 'video'
  readonly ssrc: number
  readonly rtxSsrc?: number
}

const transportCc = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01'
const audioLevel = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level'

/** @throws Error when it lacks ICE credentials or a fingerprint, or describes more than one stream */
export function readDescription(sdp: string): Description {
  const lines = sdp.split(/\r?\n/)
  const all = (prefix: string) =>
    lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length))
  const [media, ...others] = all('m=')
  const [iceUfrag] = all('a=ice-ufrag:')
  const [icePwd] = all('a=ice-pwd:')
  const fingerprints = all('a=fingerprint:').map((text) => {
    const [hash = '', value = ''] = text.split(' ')
    return { hash: hash.toLowerCase(), value }
  })
  if (!media || others.length > 0) throw new Error(`a description of one stream was expected: ${sdp}`)
  if (!iceUfrag || !icePwd || fingerprints.length === 0) throw new Error(`no ICE credentials or fingerprint: ${sdp}`)
  const extensions = new Map(all('a=extmap:').map((text) => [text.split(' ')[1], Number.parseInt(text, 10)]))
  const transportCcExtensionId = extensions.get(transportCc)
  const audioLevelExtensionId = extensions.get(audioLevel)
  return {
    iceUfrag,
    icePwd,
    fingerprints,
    setup: all('a=setup:')[0] as Description['setup'],
    candidates: all('a=candidate:')
      .map((text) => text.split(' '))
      .filter((fields) => fields[2]?.toLowerCase() === 'udp')
      .map((fields) => ({ ip: fields[4] ?? '', port: Number(fields[5]) })),
    ssrcs: [...new Set(all('a=ssrc:').map((text) => Number.parseInt(text, 10)))],
    mid: all('a=mid:')[0] ?? '0',
    parameters: {
      codecs: all('a=rtpmap:').map((text) => readCodec(text, media.startsWith('audio') ? 'audio' : 'video', all)),
      ...(transportCcExtensionId !== undefined && { transportCcExtensionId }),
      ...(audioLevelExtensionId !== undefined && { audioLevelExtensionId }),
    },
  }
}

function readCodec(text: string, kind: 'audio' | 'video', all: (prefix: string) => string[]): CodecParameters {
  const [id = '', format = ''] = text.split(' ')
  const [name = '', clockRate] = format.split('/')
  const apt = /(?:^|[ ;])apt=(\d+)/.exec(all(`a=fmtp:${id} `)[0] ?? '')?.[1]
  return {
    payloadType: Number(id),
    kind,
    name: name.toLowerCase(),
    clockRateHz: Number(clockRate),
    ...(apt !== undefined && { associatedPayloadType: Number(apt) }),
  }
}

/** What we offer for sending one stream; NACK, RTX and transport-cc are on. */
export function writeOffer(
  transport: LocalTransport,
  fingerprint: string,
  { kind, ssrc, rtxSsrc }: Stream,
  parameters: RtpParameters,
): string {
  return write(kind, '0', transport, fingerprint, 'actpass', 'sendonly', parameters, [
    ...(rtxSsrc === undefined ? [] : [`a=ssrc-group:FID ${ssrc} ${rtxSsrc}`, `a=ssrc:${rtxSsrc} cname:load`]),
    `a=ssrc:${ssrc} cname:load`,
  ])
}

/** Takes an offered stream as it is. */
export function writeAnswer(
  transport: LocalTransport,
  fingerprint: string,
  kind: 'audio' | 'video',
  offer: Description,
): string {
  return write(kind, offer.mid, transport, fingerprint, 'active', 'recvonly', offer.parameters, [])
}

function write(
  kind: 'audio' | 'video',
  mid: string,
  { iceUfrag, icePwd }: LocalTransport,
  fingerprint: string,
  setup: 'actpass' | 'active',
  direction: 'sendonly' | 'recvonly',
  parameters: RtpParameters,
  streams: readonly string[],
): string {
  const codecs = parameters.codecs.filter((codec) => codec.kind === kind)
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    `m=${kind} 9 UDP/TLS/RTP/SAVPF ${codecs.map((codec) => codec.payloadType).join(' ')}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    `a=ice-ufrag:${iceUfrag}`,
    `a=ice-pwd:${icePwd}`,
    `a=fingerprint:sha-256 ${fingerprint}`,
    `a=setup:${setup}`,
    `a=${direction}`,
    'a=rtcp-mux',
    ...(parameters.transportCcExtensionId ? [`a=extmap:${parameters.transportCcExtensionId} ${transportCc}`] : []),
    ...(parameters.audioLevelExtensionId && kind === 'audio'
      ? [`a=extmap:${parameters.audioLevelExtensionId} ${audioLevel}`]
      : []),
    ...codecs.flatMap(writeCodec),
    ...streams,
  ]
  return `${lines.join('\r\n')}\r\n`
}

function writeCodec({ payloadType, name, clockRateHz, associatedPayloadType }: CodecParameters): string[] {
  const map = `a=rtpmap:${payloadType} ${name === 'vp8' ? 'VP8' : name}/${clockRateHz}${name === 'opus' ? '/2' : ''}`
  if (name === 'rtx') return [map, `a=fmtp:${payloadType} apt=${associatedPayloadType}`]
  const feedback = ['transport-cc', ...(name === 'vp8' ? ['nack', 'nack pli', 'ccm fir'] : [])]
  return [map, ...feedback.map((type) => `a=rtcp-fb:${payloadType} ${type}`)]
}
