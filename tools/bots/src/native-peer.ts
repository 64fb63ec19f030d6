/**
 * An RTCPeerConnection without a browser, as much of it as the client library uses: offers are read, answers written, and
 * media is made and counted by the packet engine in client mode. Pictures and sound are synthetic.
 */
import type { LoadSender, LoadSink, MediaEngine, RtpParameters, TransportId } from '@parley/media-engine'
import { createLoadSender, createLoadSink, type LocalTransport, type RoomId, type SourceId } from '@parley/media-engine'
import { type AnswerStream, type Offer, type OfferSection, parseOffer, writeAnswer } from './sdp.ts'

/** What a bot's camera or microphone produces. */
export interface SyntheticMedia {
  readonly packetsPerSecond: number
  readonly payloadBytes: number
  /** Packets of one frame. */
  readonly burst: number
  /** RFC 6464 level, audio only. */
  readonly audioLevel?: number
}

export interface NativePeerOptions {
  readonly engine: MediaEngine
  readonly media: Readonly<Record<'audio' | 'video', SyntheticMedia>>
  readonly randomSsrc: () => number
  /** Engine events are told to many peers; returns the way to stop listening. */
  readonly onTransportState: (transport: TransportId, listener: (state: RTCPeerConnectionState) => void) => () => void
  readonly onSink: (sink: LoadSink) => void
}

/** A device that is not one. */
export class SyntheticTrack extends EventTarget {
  readonly id: string
  readonly kind: 'audio' | 'video'
  readonly readyState = 'live'
  readonly muted = false
  enabled = true
  onended: (() => void) | null = null
  constructor(kind: 'audio' | 'video', id: string) {
    super()
    this.kind = kind
    this.id = id
  }
  getSettings(): MediaTrackSettings {
    return this.kind === 'video' ? { width: 1280, height: 720, frameRate: 30 } : {}
  }
  stop(): void {}
}

class NativeSender {
  track: SyntheticTrack | null = null
  readonly stream: AnswerStream
  readonly #onChange: () => void
  #encoding: RTCRtpEncodingParameters = { active: true }
  constructor(stream: AnswerStream, onChange: () => void) {
    this.stream = stream
    this.#onChange = onChange
  }
  get isActive(): boolean {
    return this.track !== null && this.track.enabled && this.#encoding.active !== false
  }
  async replaceTrack(track: SyntheticTrack | null): Promise<void> {
    this.track = track
    this.#onChange()
  }
  getParameters(): { encodings: RTCRtpEncodingParameters[] } {
    return { encodings: [{ ...this.#encoding }] }
  }
  async setParameters(parameters: { encodings: RTCRtpEncodingParameters[] }): Promise<void> {
    this.#encoding = parameters.encodings[0] ?? this.#encoding
    this.#onChange()
  }
}

interface NativeTransceiver {
  readonly mid: string
  readonly sender: NativeSender
  readonly receiver: { readonly track: SyntheticTrack }
  direction: RTCRtpTransceiverDirection
  section: OfferSection
  load: LoadSender | undefined
}

export class NativePeer {
  onconnectionstatechange: (() => void) | null = null
  connectionState: RTCPeerConnectionState = 'new'
  localDescription: { type: 'answer'; sdp: string } | null = null
  readonly #options: NativePeerOptions
  readonly #transceivers: NativeTransceiver[] = []
  #room: RoomId | undefined
  #transport: LocalTransport | undefined
  #offer: Offer | undefined
  /** Streams that will arrive, by primary SSRC; the engine repairs and counts only what it was told of. */
  readonly #expected = new Map<number, SourceId>()
  #isConnected = false
  #stopListening: () => void = () => undefined

  constructor(options: NativePeerOptions) {
    this.#options = options
  }

  async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    const offer = parseOffer(sdp)
    this.#offer = offer
    this.#transport ??= this.#openTransport(offer)
    for (const section of offer.sections) {
      const known = this.#transceivers.find((transceiver) => transceiver.mid === section.mid)
      if (known) known.section = section
      else this.#transceivers.push(this.#createTransceiver(section))
    }
    this.#options.engine.setRtpParameters(this.#transport.id, rtpParameters(offer))
    this.#expect(this.#transport.id, offer.sections)
  }

  async createAnswer(): Promise<{ type: 'answer'; sdp: string }> {
    if (!this.#offer || !this.#transport) throw new Error('no offer to answer')
    const streams = new Map<string, AnswerStream>()
    for (const { mid, sender } of this.#transceivers) if (sender.track) streams.set(mid, sender.stream)
    const { iceUfrag: ufrag, icePwd: pwd } = this.#transport
    const fingerprint = this.#options.engine.fingerprint
    return { type: 'answer', sdp: writeAnswer(this.#offer, { ufrag, pwd, fingerprint }, streams) }
  }

  async setLocalDescription(answer: { type: 'answer'; sdp: string }): Promise<void> {
    if (!this.#offer || !this.#transport) throw new Error('no offer to answer')
    this.localDescription = answer
    if (!this.#isConnected) {
      this.#isConnected = true
      const { ufrag, pwd, fingerprints } = this.#offer
      this.#options.engine.connectTransport(this.#transport.id, {
        iceUfrag: ufrag,
        icePwd: pwd,
        fingerprints,
        setup: 'passive',
      })
    }
    this.#updateSenders()
  }

  getTransceivers(): readonly NativeTransceiver[] {
    return this.#transceivers
  }

  /** Sinks count instead. */
  async getStats(): Promise<Map<string, unknown>> {
    return new Map()
  }

  /** No media any more, and no goodbye. */
  fallSilent(): void {
    for (const transceiver of this.#transceivers) {
      transceiver.load?.close()
      transceiver.load = undefined
    }
  }

  /** Idempotent. */
  close(): void {
    this.#stopListening()
    for (const transceiver of this.#transceivers) transceiver.load?.close()
    if (this.#room !== undefined) this.#options.engine.closeRoom(this.#room)
    this.#room = undefined
    this.#transport = undefined
    this.connectionState = 'closed'
  }

  #openTransport(offer: Offer): LocalTransport {
    const { engine, onTransportState, onSink } = this.#options
    // a room of its own: what its peers send each other is the server's business
    this.#room = engine.createRoom()
    const transport = engine.createTransport({
      room: this.#room,
      iceRole: 'controlled',
      remoteCandidates: offer.candidates,
    })
    onSink(createLoadSink(engine, transport.id))
    this.#stopListening = onTransportState(transport.id, (state) => {
      this.connectionState = state
      this.onconnectionstatechange?.()
    })
    return transport
  }

  #expect(transport: TransportId, sections: readonly OfferSection[]): void {
    const { engine } = this.#options
    const wanted = new Map<number, OfferSection>()
    for (const section of sections) {
      const [primary] = section.ssrcs
      if (primary !== undefined && section.direction === 'sendonly') wanted.set(primary, section)
    }
    for (const [ssrc, source] of this.#expected) {
      if (wanted.has(ssrc)) continue
      engine.closeSource(source)
      this.#expected.delete(ssrc)
    }
    for (const [ssrc, { kind, ssrcs }] of wanted) {
      if (this.#expected.has(ssrc)) continue
      const rtxSsrc = kind === 'video' ? ssrcs[1] : undefined
      const encoding = { ssrc, ...(rtxSsrc !== undefined && { rtxSsrc }) }
      this.#expected.set(ssrc, engine.createSource({ transport, kind, encodings: [encoding] }))
    }
  }

  #createTransceiver(section: OfferSection): NativeTransceiver {
    const { randomSsrc } = this.#options
    const stream = section.kind === 'video' ? { ssrc: randomSsrc(), rtxSsrc: randomSsrc() } : { ssrc: randomSsrc() }
    return {
      mid: section.mid,
      section,
      direction: section.direction,
      sender: new NativeSender(stream, () => this.#updateSenders()),
      receiver: { track: new SyntheticTrack(section.kind, `remote-${section.mid}`) },
      load: undefined,
    }
  }

  #updateSenders(): void {
    const transport = this.#transport
    if (!transport || !this.localDescription) return
    for (const transceiver of this.#transceivers) {
      const { sender, section } = transceiver
      if (sender.isActive && !transceiver.load) {
        const name = section.kind === 'audio' ? 'opus' : 'vp8'
        const codec = section.codecs.find((candidate) => candidate.name === name)
        if (!codec) continue
        const { audioLevel, ...media } = this.#options.media[section.kind]
        transceiver.load = createLoadSender(this.#options.engine, transport.id, {
          ...sender.stream,
          ...media,
          ...(audioLevel !== undefined && { audioLevel }),
          payloadType: codec.payloadType,
          codec: name,
        })
      } else if (!sender.isActive && transceiver.load) {
        transceiver.load.close()
        transceiver.load = undefined
      }
    }
  }
}

function rtpParameters(offer: Offer): RtpParameters {
  const codecs = new Map<number, RtpParameters['codecs'][number]>()
  const extensions = new Map<string, number>()
  for (const section of offer.sections) {
    for (const { payloadType, name, clockRateHz, associatedPayloadType } of section.codecs) {
      codecs.set(payloadType, {
        payloadType,
        kind: section.kind,
        name,
        clockRateHz,
        ...(associatedPayloadType !== undefined && { associatedPayloadType }),
      })
    }
    for (const { id, uri } of section.extensions) extensions.set(uri, id)
  }
  const audioLevel = extensions.get('urn:ietf:params:rtp-hdrext:ssrc-audio-level')
  const transportCc = extensions.get('http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01')
  return {
    codecs: [...codecs.values()],
    ...(audioLevel !== undefined && { audioLevelExtensionId: audioLevel }),
    ...(transportCc !== undefined && { transportCcExtensionId: transportCc }),
  }
}
