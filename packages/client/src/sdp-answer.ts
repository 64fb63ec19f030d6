/** What the browser answered (SDP, RFC 8866), read for Jingle: codecs, transport, and the SSRCs it chose for each m-line. */
import type { Fingerprint, MediaDescription, MediaKind, PayloadType, SsrcGroup } from '@parley/protocol'
import { ClientError } from './errors.ts'

export interface SdpAnswer {
  readonly ufrag: string
  readonly pwd: string
  readonly fingerprint: Fingerprint
  readonly sections: readonly AnswerSection[]
}

export interface AnswerSection extends MediaDescription {
  readonly mid: string
  readonly isRejected: boolean
  readonly isSending: boolean
  /** In order of appearance. */
  readonly ssrcs: readonly number[]
  readonly groups: readonly SsrcGroup[]
}

/** @throws ClientError `media` when it lacks credentials, a fingerprint or a media section */
export function parseAnswer(sdp: string): SdpAnswer {
  const [session = [], ...sections] = splitSections(sdp)
  const media = sections.filter((lines) => /^m=(audio|video) /.test(lines[0] ?? ''))
  // with BUNDLE the first section that is not rejected carries the transport for all
  const bearer = media.find((lines) => value(lines, 'a=ice-ufrag:') !== undefined) ?? []
  const find = (prefix: string) => value(bearer, prefix) ?? value(session, prefix)
  const ufrag = find('a=ice-ufrag:')
  const pwd = find('a=ice-pwd:')
  const [hash, print] = (find('a=fingerprint:') ?? '').split(' ')
  if (!ufrag || !pwd || !hash || !print) {
    throw new ClientError('media', 'the browser answered without ICE credentials or a fingerprint')
  }
  const setup = find('a=setup:')
  return {
    ufrag,
    pwd,
    fingerprint: {
      hash: hash.toLowerCase(),
      value: print.toUpperCase(),
      setup: setup === 'passive' ? setup : 'active',
    },
    sections: media.map(parseSection),
  }
}

function splitSections(sdp: string): string[][] {
  const sections: string[][] = [[]]
  for (const line of sdp.split(/\r?\n/)) {
    if (line.startsWith('m=')) sections.push([])
    if (line !== '') sections.at(-1)?.push(line)
  }
  return sections
}

function parseSection(lines: string[]): AnswerSection {
  const [media = '', port = '0', , ...formats] = (lines[0] ?? '').slice(2).split(' ')
  const ssrcs = new Set(values(lines, 'a=ssrc:').map((text) => Number(text.split(' ')[0])))
  return {
    kind: media as MediaKind,
    mid: value(lines, 'a=mid:') ?? '',
    isRejected: port === '0',
    isSending: lines.includes('a=sendrecv') || lines.includes('a=sendonly'),
    payloadTypes: formats.flatMap((format) => parsePayloadType(lines, Number(format))),
    headerExtensions: values(lines, 'a=extmap:').flatMap((text) => {
      const [id = '', uri] = text.split(' ')
      return uri === undefined ? [] : [{ id: Number(id.split('/')[0]), uri }]
    }),
    ssrcs: [...ssrcs],
    groups: values(lines, 'a=ssrc-group:').flatMap((text) => {
      const [semantics, ...members] = text.split(' ')
      return semantics === 'FID' || semantics === 'SIM' ? [{ semantics, ssrcs: members.map(Number) }] : []
    }),
  }
}

/** A format without `rtpmap`, or feedback for a format that is no longer listed, is passed over: Firefox leaves such lines. */
function parsePayloadType(lines: string[], id: number): PayloadType[] {
  const map = value(lines, `a=rtpmap:${id} `)
  if (map === undefined) return []
  const [name = '', clockRate, channels] = map.split('/')
  const parameters: Record<string, string> = {}
  for (const pair of (value(lines, `a=fmtp:${id} `) ?? '').split(';')) {
    const text = pair.trim()
    const equals = text.indexOf('=')
    // our own hint to the encoder is nobody else's business
    if (text === '' || text.startsWith('x-google-')) continue
    if (equals < 0) parameters[''] = text
    else parameters[text.slice(0, equals)] = text.slice(equals + 1)
  }
  return [
    {
      id,
      name,
      clockRateHz: Number(clockRate),
      ...(channels !== undefined && { channels: Number(channels) }),
      parameters,
      feedback: values(lines, `a=rtcp-fb:${id} `).map((text) => {
        const [type = '', ...subtype] = text.split(' ')
        return subtype.length > 0 ? { type, subtype: subtype.join(' ') } : { type }
      }),
    },
  ]
}

function value(lines: string[], prefix: string): string | undefined {
  return values(lines, prefix)[0]
}

function values(lines: string[], prefix: string): string[] {
  return lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length).trim())
}
