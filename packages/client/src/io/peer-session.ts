/**
 * One RTCPeerConnection towards the bridge. The bridge offers, the browser answers; every change of sources is a new round of
 * offer and answer. At most one round runs and one waits, which carries all changes made until it starts.
 */
import type { MediaKind, SessionInitiate, TransportDescription, VideoType } from '@parley/protocol'
import type { AudioSettings } from '../audio-settings.ts'
import { withDeadline } from '../deadline.ts'
import { ClientError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import { gatherSources, type RemoteSource } from '../remote-source.ts'
import { parseAnswer, type SdpAnswer } from '../sdp-answer.ts'
import { SdpOffer } from '../sdp-offer.ts'
import { sendLimits } from '../send-limits.ts'
import { SimulcastAnswer } from '../simulcast-answer.ts'
import type { VideoCodec } from '../video-codec.ts'

export interface PeerSessionOptions {
  readonly platform: Platform
  readonly offer: SessionInitiate
  /** Our endpoint id: the microphone is `<id>-a0`, the camera `<id>-v0`. */
  readonly endpointId: string
  readonly audio: AudioSettings
  /** To send first; see {@link PeerSession.setCodec}. */
  readonly codec: VideoCodec
  readonly onStateChanged: (state: RTCPeerConnectionState) => void
  readonly onRemoteTrack: (source: RemoteSource, track: MediaStreamTrack) => void
  readonly onWarning: (message: string, cause: unknown) => void
}

export class PeerSession {
  readonly #options: PeerSessionOptions
  readonly #peer: RTCPeerConnection
  readonly #sdp: SdpOffer
  readonly #tracks = new Map<string, MediaStreamTrack | null>()
  readonly #maxHeights = new Map<string, number>()
  readonly #announced = new Map<string, RemoteSource>()
  readonly #simulcast: SimulcastAnswer | undefined
  #codec: VideoCodec
  #remoteSources: readonly RemoteSource[] = []
  #running: Promise<unknown> = Promise.resolve()
  #limiting: Promise<unknown> = Promise.resolve()
  #queued: Promise<SdpAnswer> | undefined
  #isDirty = true
  #isClosed = false

  constructor(options: PeerSessionOptions) {
    this.#options = options
    const { offer, endpointId, codec, platform } = options
    const bridge = offer.sources.get('jvb')
    this.#sdp = new SdpOffer({
      media: offer.media,
      transport: offer.transport,
      audio: options.audio,
      bridgeSources: bridge ? gatherSources(new Map([['jvb', bridge]])) : [],
      primaryNames: { audio: `${endpointId}-a0`, video: `${endpointId}-v0` },
    })
    this.#codec = codec
    this.#sdp.preferCodec(codec)
    this.#simulcast = platform.hasSimulcast ? new SimulcastAnswer(platform.random) : undefined
    this.#peer = platform.createPeerConnection({ bundlePolicy: 'max-bundle', rtcpMuxPolicy: 'require' })
    this.#peer.onconnectionstatechange = () => {
      if (!this.#isClosed) options.onStateChanged(this.#peer.connectionState)
    }
  }

  get peer(): RTCPeerConnection {
    return this.#peer
  }

  /** The transceiver's m-line for a source, ours or another's. */
  midOf(sourceName: string): string | undefined {
    return this.#sdp.midOf(sourceName)
  }

  get remoteSources(): readonly RemoteSource[] {
    return this.#remoteSources
  }

  /** Whether something changed since the last round began. */
  get needsNegotiation(): boolean {
    return this.#isDirty && !this.#isClosed
  }

  /** What the bridge will send from the next round on. */
  setRemoteSources(sources: readonly RemoteSource[]): void {
    const isUnchanged =
      sources.length === this.#remoteSources.length &&
      sources.every((source, index) => source === this.#remoteSources[index])
    if (isUnchanged) return
    this.#remoteSources = sources
    this.#isDirty = true
  }

  /** The bridge restarts ICE, from the next round on. */
  setTransport(transport: Pick<TransportDescription, 'ufrag' | 'pwd' | 'candidates'>): void {
    this.#sdp.setTransport(transport)
    this.#isDirty = true
  }

  /** Whether we want to send a source beside microphone and camera, from the next round on. */
  setExtraSource(name: string, kind: MediaKind, isWanted: boolean): void {
    if ((this.#sdp.midOf(name) !== undefined) === isWanted) return
    this.#sdp.setLocalSource(name, kind, isWanted)
    this.#isDirty = true
  }

  /** Every m-line in use, with what it carries. */
  lines(): {
    readonly mid: string
    readonly name: string
    readonly ownerId: string
    readonly kind: MediaKind
    readonly isLocal: boolean
  }[] {
    const { endpointId } = this.#options
    return [
      ...this.#sdp
        .localLines()
        .flatMap(({ mid, name, kind, isActive }) =>
          isActive ? [{ mid, name, ownerId: endpointId, kind, isLocal: true }] : [],
        ),
      ...this.#sdp
        .remoteLines()
        .map(({ mid, source: { name, ownerId, kind } }) => ({ mid, name, ownerId, kind, isLocal: false })),
    ]
  }

  transceiver(mid: string): RTCRtpTransceiver | undefined {
    return this.#peer.getTransceivers().find((transceiver) => transceiver.mid === mid)
  }

  /** Send this from now on (`null` = nothing); takes effect at once when the source is negotiated, else with its round. */
  async setTrack(name: string, track: MediaStreamTrack | null): Promise<void> {
    this.#tracks.set(name, track)
    const sender = this.#senderOf(name)
    if (!sender || sender.track === track) return
    await this.#deadline(sender.replaceTrack(track), 'replacing a track')
    await this.#applyLimits(name)
  }

  /** What receivers want of our source at most, px of the smaller side. */
  async setMaxHeight(name: string, maxHeight: number): Promise<void> {
    this.#maxHeights.set(name, maxHeight)
    await this.#applyLimits(name)
  }

  /** Send video in this codec from now on, if it was negotiated. */
  async setCodec(codec: VideoCodec): Promise<void> {
    if (codec === this.#codec) return
    this.#codec = codec
    this.#sdp.preferCodec(codec)
    for (const { name, kind } of this.#sdp.localLines()) if (kind === 'video') await this.#applyLimits(name)
  }

  /**
   * Run a round that carries every change made so far.
   * @throws ClientError `media` when the browser refuses, `timeout`, `closed`
   */
  negotiate(): Promise<SdpAnswer> {
    if (!this.#queued) {
      const round = this.#running.then(() => {
        this.#queued = undefined
        return this.#negotiateOnce()
      })
      this.#queued = round
      this.#running = round.catch(() => undefined)
    }
    return this.#queued
  }

  /** Idempotent. Tracks given by the application live on. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#peer.onconnectionstatechange = null
    this.#peer.close()
  }

  async #negotiateOnce(): Promise<SdpAnswer> {
    if (this.#isClosed) throw new ClientError('closed', 'the media session is over')
    this.#isDirty = false
    this.#sdp.setRemoteSources(this.#remoteSources)
    try {
      const sdp = this.#sdp.build()
      await this.#deadline(this.#peer.setRemoteDescription({ type: 'offer', sdp }), 'applying an offer')
      await this.#prepareSenders()
      const answer = this.#withSimulcast(await this.#deadline(this.#peer.createAnswer(), 'answering'))
      await this.#deadline(this.#peer.setLocalDescription(answer), 'applying an answer')
    } catch (error) {
      if (this.#isClosed) throw new ClientError('closed', 'the media session is over')
      if (error instanceof ClientError) throw error
      throw new ClientError('media', `the browser refused the session: ${String(error)}`, { cause: error })
    }
    this.#announceTracks()
    for (const { name } of this.#sdp.localLines()) {
      this.#applyLimits(name).catch((error) => this.#options.onWarning(`cannot limit what ${name} sends`, error))
    }
    return parseAnswer(this.#peer.localDescription?.sdp ?? '')
  }

  /** The offer made a transceiver for each line; those we may send on get our tracks before the answer is made. */
  async #prepareSenders(): Promise<void> {
    for (const { mid, name, isActive, role } of this.#sdp.localLines()) {
      const transceiver = this.transceiver(mid)
      if (!transceiver) throw new ClientError('media', `the browser made no transceiver for ${name}`)
      transceiver.direction = !isActive ? 'inactive' : role === 'primary' ? 'sendrecv' : 'sendonly'
      const track = isActive ? (this.#tracks.get(name) ?? null) : null
      if (transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track)
    }
  }

  /** Of the camera alone: a screen's details are in its one full-size encoding. */
  #withSimulcast(answer: RTCSessionDescriptionInit): RTCSessionDescriptionInit {
    const mid = this.#sdp.midOf(`${this.#options.endpointId}-v0`)
    if (!this.#simulcast || mid === undefined || answer.sdp === undefined) return answer
    return { type: 'answer', sdp: this.#simulcast.extend(answer.sdp, mid) }
  }

  #announceTracks(): void {
    const lines = this.#sdp.remoteLines()
    const names = new Set(lines.map(({ source }) => source.name))
    for (const name of this.#announced.keys()) if (!names.has(name)) this.#announced.delete(name)
    for (const { mid, source } of lines) {
      if (this.#announced.get(source.name) === source) continue
      const transceiver = this.transceiver(mid)
      if (!transceiver) continue
      this.#announced.set(source.name, source)
      this.#options.onRemoteTrack(source, transceiver.receiver.track)
    }
  }

  /** One after the other: a browser forgets what `getParameters` said as soon as any change of the sender is through. */
  #applyLimits(name: string): Promise<void> {
    const applied = this.#limiting.then(() => this.#applyLimitsOnce(name))
    this.#limiting = applied.catch(() => undefined)
    return applied
  }

  async #applyLimitsOnce(name: string): Promise<void> {
    const sender = this.#senderOf(name)
    if (!sender?.track || sender.track.kind !== 'video' || this.#isClosed) return
    const { width, height } = sender.track.getSettings()
    const videoType: VideoType = name.endsWith('-v0') ? 'camera' : 'desktop'
    const parameters = sender.getParameters()
    // older browsers leave out what the types promise
    const told: Partial<RTCRtpSendParameters> = parameters
    const { encodings = [], codecs = [] } = told
    // where the browser cannot choose among negotiated codecs, the order in the offer has chosen
    const codec = codecs.find(({ mimeType }) => mimeType.toLowerCase() === `video/${this.#codec}`)
    const limits = sendLimits({
      videoType,
      codec: this.#codec,
      encodingCount: encodings.length,
      maxHeight: this.#maxHeights.get(name),
      size: width && height ? { width, height } : undefined,
    })
    for (const [index, encoding] of encodings.entries()) {
      const limit = limits[index]
      if (!limit) continue
      encoding.active = limit.isActive
      encoding.scaleResolutionDownBy = limit.scaleResolutionDownBy
      encoding.maxBitrate = limit.maxBitrateBps
      const more = encoding as { codec?: RTCRtpCodec; scalabilityMode?: string }
      if (codec) more.codec = codec
      if (limit.scalabilityMode) more.scalabilityMode = limit.scalabilityMode
      else delete more.scalabilityMode
    }
    await this.#deadline(sender.setParameters(parameters), 'limiting what is sent')
  }

  #senderOf(name: string): RTCRtpSender | undefined {
    const mid = this.#sdp.midOf(name)
    return mid === undefined ? undefined : this.transceiver(mid)?.sender
  }

  #deadline<T>(promise: Promise<T>, what: string): Promise<T> {
    return withDeadline(this.#options.platform.clock, promise, browserTimeoutMs, what)
  }
}

/** A browser under load takes a second for a large conference; one that takes this long never will. */
const browserTimeoutMs = 15_000
