/**
 * The bridge's side of a session as an SDP offer (RFC 8866, JSEP RFC 8829). Jingle knows one audio and one video content;
 * the browser wants one m-line for each source:
 *
 *   mid 0  audio  sendrecv   the bridge's own source out, our microphone in      (permanent: BUNDLE hangs on it)
 *   mid 1  video  sendrecv   the bridge's own source out, our camera in          (permanent)
 *   mid n  …      sendonly   one source of another participant
 *   mid n  …      recvonly   one more source of ours: the screen, its sound
 *
 * A line whose source is gone turns `inactive` for at least one round of negotiation and then serves the next source of its
 * kind, so that the description grows with the most sources at once, not with all there ever were.
 */
import type { MediaDescription, MediaKind, PayloadType, TransportDescription } from '@parley/protocol'
import type { AudioSettings } from './audio-settings.ts'
import { isSameSource, type RemoteSource } from './remote-source.ts'

export interface SdpOfferOptions {
  readonly media: readonly MediaDescription[]
  readonly transport: TransportDescription
  /** The bridge's own, at most one used of each kind. */
  readonly bridgeSources: readonly RemoteSource[]
  readonly audio: AudioSettings
  /** Our microphone and camera: names for the permanent lines. */
  readonly primaryNames: Readonly<Record<MediaKind, string>>
}

export interface LocalLine {
  readonly mid: string
  readonly kind: MediaKind
  readonly name: string
  /** Whether we may send on it. */
  readonly isActive: boolean
  readonly role: 'primary' | 'remote' | 'local'
}

interface Line {
  readonly mid: string
  readonly kind: MediaKind
  readonly role: 'primary' | 'remote' | 'local'
  /** Source name of what we send here. */
  readonly localName?: string
  /** What the bridge sends here. */
  source?: RemoteSource | undefined
  state: 'active' | 'releasing' | 'free'
}

export class SdpOffer {
  readonly #options: SdpOfferOptions
  readonly #lines: Line[] = []
  #transport: TransportDescription
  #preferredCodec = ''
  #version = 0

  constructor(options: SdpOfferOptions) {
    this.#options = options
    this.#transport = options.transport
    for (const { kind } of options.media) {
      const source = options.bridgeSources.find((candidate) => candidate.kind === kind)
      this.#append({ kind, role: 'primary', localName: options.primaryNames[kind], source, state: 'active' })
    }
  }

  /** Make the remote lines carry exactly these. Sources of a kind that was not offered are left out. */
  setRemoteSources(sources: Iterable<RemoteSource>): void {
    const wanted = new Map([...sources].map((source) => [source.name, source]))
    for (const line of this.#lines) {
      if (line.role !== 'remote' || !line.source) continue
      const next = wanted.get(line.source.name)
      if (next && isSameSource(next, line.source)) wanted.delete(next.name)
      else {
        line.source = undefined
        line.state = 'releasing'
      }
    }
    for (const source of wanted.values()) {
      if (!this.#mediaOf(source.kind)) continue
      const free = this.#lines.find(
        (line) => line.role === 'remote' && line.kind === source.kind && line.state === 'free',
      )
      if (free) Object.assign(free, { source, state: 'active' })
      else this.#append({ kind: source.kind, role: 'remote', source, state: 'active' })
    }
  }

  /** Offer to receive one more source of ours, or no longer. */
  setLocalSource(name: string, kind: MediaKind, isWanted: boolean): void {
    const line = this.#lines.find((candidate) => candidate.localName === name)
    if (line) line.state = isWanted ? 'active' : 'releasing'
    else if (isWanted && this.#mediaOf(kind)) {
      this.#append({ kind, role: 'local', localName: name, state: 'active' })
    }
  }

  /** Name the codec that we would like to send, in any case: it stands first in what is offered from now on. */
  preferCodec(name: string): void {
    this.#preferredCodec = name.toLowerCase()
  }

  /** The m-line that carries a source now. */
  midOf(sourceName: string): string | undefined {
    return this.#lines.find((line) => {
      return line.state === 'active' && (line.localName === sourceName || this.#remoteName(line) === sourceName)
    })?.mid
  }

  /** Each line that now carries something of another participant: mid to source. */
  remoteLines(): { readonly mid: string; readonly source: RemoteSource }[] {
    return this.#lines.flatMap(({ mid, role, source }) => (role === 'remote' && source ? [{ mid, source }] : []))
  }

  /** Each line that is there for a source of ours. */
  localLines(): LocalLine[] {
    return this.#lines.flatMap(({ mid, kind, localName, state, role }) =>
      localName === undefined ? [] : [{ mid, kind, name: localName, isActive: state === 'active', role }],
    )
  }

  /** The bridge's side of an ICE restart; in the next round the browser makes new credentials of its own. */
  setTransport(transport: Pick<TransportDescription, 'ufrag' | 'pwd' | 'candidates'>): void {
    this.#transport = { ...this.#transport, ...transport }
  }

  /** The offer as text. Building it starts a round of negotiation: lines released before are free after it. */
  build(): string {
    const transport = this.#transport
    const mids = this.#lines.map((line) => line.mid).join(' ')
    const lines = [
      'v=0',
      `o=- 1 ${++this.#version} IN IP4 127.0.0.1`,
      's=-',
      't=0 0',
      `a=group:BUNDLE ${mids}`,
      'a=extmap-allow-mixed',
      'a=msid-semantic: WMS *',
      ...this.#lines.flatMap((line, index) => this.#section(line, transport, index === 0)),
    ]
    for (const line of this.#lines) if (line.state === 'releasing') line.state = 'free'
    // the words come from the network: none may start a line of its own
    return lines.map((line) => `${line.replace(/[\r\n]/g, ' ')}\r\n`).join('')
  }

  #section(line: Line, transport: TransportDescription, isFirst: boolean): string[] {
    const media = this.#mediaOf(line.kind)
    if (!media) return []
    const isActive = line.state === 'active'
    const payloadTypes = this.#inOrder(media)
    const direction = { primary: 'sendrecv', remote: 'sendonly', local: 'recvonly' }[line.role]
    return [
      `m=${line.kind} 9 UDP/TLS/RTP/SAVPF ${payloadTypes.map((payload) => payload.id).join(' ')}`,
      'c=IN IP4 0.0.0.0',
      'a=rtcp:9 IN IP4 0.0.0.0',
      ...transportLines(transport, isFirst),
      `a=mid:${line.mid}`,
      ...media.headerExtensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`),
      `a=${isActive ? direction : 'inactive'}`,
      'a=rtcp-mux',
      ...payloadTypes.flatMap((payload) => payloadTypeLines(payload, line.kind, this.#options.audio)),
      ...(isActive && line.source ? sourceLines(line.source) : []),
    ]
  }

  #inOrder({ payloadTypes }: MediaDescription): readonly PayloadType[] {
    const isPreferred = ({ name }: PayloadType) => name.toLowerCase() === this.#preferredCodec
    return [...payloadTypes.filter(isPreferred), ...payloadTypes.filter((payload) => !isPreferred(payload))]
  }

  #append(line: Omit<Line, 'mid'>): void {
    this.#lines.push({ ...line, mid: String(this.#lines.length) })
  }

  #mediaOf(kind: MediaKind): MediaDescription | undefined {
    return this.#options.media.find((media) => media.kind === kind)
  }

  #remoteName(line: Line): string | undefined {
    return line.role === 'remote' ? line.source?.name : undefined
  }
}

/** All lines share one transport; candidates stand where BUNDLE puts the transport, in the first (RFC 8843 §7.2). */
function transportLines(transport: TransportDescription, isFirst: boolean): string[] {
  return [
    `a=ice-ufrag:${transport.ufrag}`,
    `a=ice-pwd:${transport.pwd}`,
    ...transport.fingerprints.map(({ hash, value }) => `a=fingerprint:${hash} ${value}`),
    // RFC 8842 §5.3: an offer, first or later, leaves the roles open
    'a=setup:actpass',
    ...(isFirst ? transport.candidates.map(candidateLine) : []),
  ]
}

function candidateLine(candidate: TransportDescription['candidates'][number]): string {
  const { foundation, component, protocol, priority, ip, port, type } = candidate
  const related =
    candidate.relatedAddress === undefined
      ? ''
      : ` raddr ${candidate.relatedAddress} rport ${candidate.relatedPort ?? 9}`
  const tcp = candidate.tcpType === undefined ? '' : ` tcptype ${candidate.tcpType}`
  return `a=candidate:${foundation} ${component} ${protocol} ${priority} ${ip} ${port} typ ${type}${related}${tcp}`
}

function payloadTypeLines(payload: PayloadType, kind: MediaKind, audio: AudioSettings) {
  const { id, name, clockRateHz, channels, parameters, feedback } = payload
  const values = Object.entries(parameters).map(([key, value]) => (key === '' ? value : `${key}=${value}`))
  // Chromium starts at 300 kbit/s and sends 720p only from 900 on: seconds of blur. Others ignore the parameter
  if (kind === 'video' && !repairFormats.has(name.toLowerCase())) values.push(`x-google-start-bitrate=${startKbps}`)
  // in an offer it says what the offerer would like to get, which makes the browser do it
  if (audio.dtx && name.toLowerCase() === 'opus') values.push('usedtx=1')
  return [
    `a=rtpmap:${id} ${name}/${clockRateHz}${channels === undefined || channels === 1 ? '' : `/${channels}`}`,
    ...(values.length > 0 ? [`a=fmtp:${id} ${values.join(';')}`] : []),
    ...feedback.map(({ type, subtype }) => `a=rtcp-fb:${id} ${type}${subtype ? ` ${subtype}` : ''}`),
  ]
}

/**
 * Camera and microphone of one owner share a stream label, screen and its sound another: browsers keep the picture and
 * sound of one label in step. The label is ours, not the sender's msid, which differs between the two.
 */
function sourceLines({ name, ownerId, ssrcs, groups }: RemoteSource): string[] {
  const label = `${ownerId}-${/-[av]0$/.test(name) ? 'camera' : 'screen'}`.replace(/[^\w-]/g, '_')
  const track = name.replace(/[^\w-]/g, '_')
  return [
    `a=msid:${label} ${track}`,
    ...groups.map((group) => `a=ssrc-group:${group.semantics} ${group.ssrcs.join(' ')}`),
    ...ssrcs.flatMap((ssrc) => [`a=ssrc:${ssrc} cname:${label}`, `a=ssrc:${ssrc} msid:${label} ${track}`]),
  ]
}

const startKbps = 1500
const repairFormats = new Set(['rtx', 'red', 'ulpfec', 'flexfec-03'])
