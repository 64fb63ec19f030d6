/** The little of SDP (RFC 8866) that a peer without a browser needs: read our client's offers, write plain answers. */

export interface OfferSection {
  readonly kind: 'audio' | 'video'
  readonly mid: string
  readonly direction: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'
  readonly codecs: readonly OfferCodec[]
  readonly extensions: readonly { readonly id: number; readonly uri: string }[]
  /** What the other side sends here, primary first. */
  readonly ssrcs: readonly number[]
}

export interface OfferCodec {
  readonly payloadType: number
  readonly name: string
  readonly clockRateHz: number
  readonly channels: number
  /** `apt` of RTX. */
  readonly associatedPayloadType?: number
}

export interface Offer {
  readonly ufrag: string
  readonly pwd: string
  readonly fingerprints: readonly { readonly hash: string; readonly value: string }[]
  readonly candidates: readonly { readonly ip: string; readonly port: number }[]
  readonly sections: readonly OfferSection[]
}

export interface AnswerTransport {
  readonly ufrag: string
  readonly pwd: string
  readonly fingerprint: string
}

export interface AnswerStream {
  readonly ssrc: number
  readonly rtxSsrc?: number
}

/** @throws Error when the offer lacks ICE credentials or a fingerprint */
export function parseOffer(sdp: string): Offer {
  const lines = sdp.split(/\r?\n/)
  const first = (prefix: string) => lines.find((line) => line.startsWith(prefix))?.slice(prefix.length)
  const ufrag = first('a=ice-ufrag:')
  const pwd = first('a=ice-pwd:')
  const fingerprints = unique(lines.filter((line) => line.startsWith('a=fingerprint:'))).map((line) => {
    const [hash = '', value = ''] = line.slice('a=fingerprint:'.length).split(' ')
    return { hash, value }
  })
  if (!ufrag || !pwd || fingerprints.length === 0) throw new Error('the offer has no ICE credentials or no fingerprint')
  const candidates = unique(lines.filter((line) => line.startsWith('a=candidate:')))
    .map((line) => line.split(' '))
    .filter(([, , protocol]) => protocol?.toLowerCase() === 'udp')
    .map(([, , , , ip = '', port]) => ({ ip, port: Number(port) }))
  return { ufrag, pwd, fingerprints, candidates, sections: splitSections(lines).map(parseSection) }
}

/** An answer that takes everything offered and sends `streams`, by mid. */
export function writeAnswer(
  offer: Offer,
  transport: AnswerTransport,
  streams: ReadonlyMap<string, AnswerStream>,
): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${offer.sections.map((section) => section.mid).join(' ')}`,
    ...offer.sections.flatMap((section) => writeSection(section, transport, streams.get(section.mid))),
  ]
  return `${lines.join('\r\n')}\r\n`
}

function splitSections(lines: readonly string[]): string[][] {
  const sections: string[][] = []
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push([line])
    else sections.at(-1)?.push(line)
  }
  return sections
}

function parseSection(lines: string[]): OfferSection {
  const values = (prefix: string) =>
    lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length))
  const direction = directions.find((candidate) => lines.includes(`a=${candidate}`)) ?? 'sendrecv'
  const codecs = values('a=rtpmap:').map((text) => {
    const [id = '', format = ''] = text.split(' ')
    const [name = '', clockRate, channels] = format.split('/')
    const apt = /(?:^|[ ;])apt=(\d+)/.exec(values(`a=fmtp:${id} `)[0] ?? '')?.[1]
    return {
      payloadType: Number(id),
      name: name.toLowerCase(),
      clockRateHz: Number(clockRate),
      channels: Number(channels ?? 1),
      ...(apt !== undefined && { associatedPayloadType: Number(apt) }),
    }
  })
  return {
    kind: lines[0]?.startsWith('m=audio') ? 'audio' : 'video',
    mid: values('a=mid:')[0] ?? '',
    direction,
    codecs,
    extensions: values('a=extmap:').map((text) => {
      const [id, uri = ''] = text.split(' ')
      return { id: Number(id), uri }
    }),
    ssrcs: [...new Set(values('a=ssrc:').map((text) => Number(text.split(' ')[0])))],
  }
}

function writeSection(section: OfferSection, transport: AnswerTransport, stream: AnswerStream | undefined): string[] {
  const weMaySend = section.direction === 'sendrecv' || section.direction === 'recvonly'
  const sends = weMaySend && stream !== undefined
  const receives = section.direction === 'sendrecv' || section.direction === 'sendonly'
  const direction = sends ? (receives ? 'sendrecv' : 'sendonly') : receives ? 'recvonly' : 'inactive'
  return [
    `m=${section.kind} 9 UDP/TLS/RTP/SAVPF ${section.codecs.map((codec) => codec.payloadType).join(' ')}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${section.mid}`,
    `a=ice-ufrag:${transport.ufrag}`,
    `a=ice-pwd:${transport.pwd}`,
    `a=fingerprint:sha-256 ${transport.fingerprint}`,
    'a=setup:active',
    `a=${direction}`,
    'a=rtcp-mux',
    ...section.extensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`),
    ...section.codecs.flatMap((codec) => [
      `a=rtpmap:${codec.payloadType} ${codec.name}/${codec.clockRateHz}${codec.channels > 1 ? `/${codec.channels}` : ''}`,
      ...(codec.associatedPayloadType === undefined
        ? []
        : [`a=fmtp:${codec.payloadType} apt=${codec.associatedPayloadType}`]),
    ]),
    ...(sends && stream ? streamLines(stream) : []),
  ]
}

function streamLines({ ssrc, rtxSsrc }: AnswerStream): string[] {
  if (rtxSsrc === undefined) return [`a=ssrc:${ssrc} cname:bot`]
  return [`a=ssrc-group:FID ${ssrc} ${rtxSsrc}`, `a=ssrc:${ssrc} cname:bot`, `a=ssrc:${rtxSsrc} cname:bot`]
}

function unique(lines: readonly string[]): string[] {
  return [...new Set(lines)]
}

const directions = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const
