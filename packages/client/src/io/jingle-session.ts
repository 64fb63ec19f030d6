/**
 * One Jingle session with the focus, from its offer to its end: the peer connection, what we announce on it, and what others
 * announce to us.
 *
 *   focus ── session-initiate ──▶ offer → answer ── session-accept ──▶ focus
 *   focus ── source-add/-remove ─▶ next round     ── source-add ─────▶ focus
 */
import {
  el,
  emptySourceSet,
  encodeSessionAccept,
  encodeSessionInfo,
  encodeSessionTerminate,
  encodeSourceChange,
  encodeTransportInfo,
  isEmptySourceSet,
  type MediaKind,
  NS,
  type SessionInitiate,
  type SessionTerminate,
  type SourcesByOwner,
  type TransportInfo,
  type XmlElement,
} from '@parley/protocol'
import type { AudioSettings } from '../audio-settings.ts'
import { ClientError } from '../errors.ts'
import { type LocalRole, type LocalSource, trackToSend } from '../local-media.ts'
import { describeOwnSources, ownMsid } from '../own-sources.ts'
import type { Platform } from '../platform.ts'
import type { VideoCodec } from '../video-codec.ts'
import { gatherSources, isSameSource, type RemoteSource } from '../remote-source.ts'
import type { AnswerSection, SdpAnswer } from '../sdp-answer.ts'
import { PeerSession } from './peer-session.ts'

export interface JingleSessionOptions {
  readonly platform: Platform
  readonly offer: SessionInitiate
  readonly endpointId: string
  readonly audio: AudioSettings
  /** In which to send video now. */
  readonly videoCodec: () => VideoCodec
  /** Occupant address of the focus. */
  readonly focus: string
  /** Our real full address. */
  readonly responder: string
  readonly request: (iq: XmlElement, timeoutMs: number) => Promise<XmlElement>
  readonly localSource: (role: LocalRole) => LocalSource
  /** Sources of somebody whose presence we have not seen wait until we have. */
  readonly isPresent: (ownerId: string) => boolean
  readonly onStateChanged: (state: RTCPeerConnectionState) => void
  readonly onRemoteTrack: (source: RemoteSource, track: MediaStreamTrack) => void
  readonly onRemoteGone: (name: string) => void
  /** The browser refused a change of sources: nothing later can be trusted. */
  readonly onBroken: (error: unknown) => void
  readonly onWarning: (message: string, cause: unknown) => void
}

export class JingleSession {
  readonly #options: JingleSessionOptions
  readonly #peer: PeerSession
  /** As signalled, by name, whether or not their owners are present. */
  readonly #signalled = new Map<string, RemoteSource>()
  /** Our sources that the focus knows, with their msid. */
  readonly #announced = new Map<LocalRole, string>()
  /** Requests of ours, one after the other: accept first, then additions. */
  #signalling: Promise<unknown> = Promise.resolve()
  #answer: SdpAnswer | undefined
  #iceGeneration = 0
  #isClosed = false

  constructor(options: JingleSessionOptions) {
    this.#options = options
    const { platform, offer, endpointId, audio, videoCodec, onStateChanged, onRemoteTrack, onWarning } = options
    this.#peer = new PeerSession({
      platform,
      offer,
      endpointId,
      audio,
      codec: videoCodec(),
      onStateChanged,
      onWarning,
      onRemoteTrack: (source, track) => {
        // it may have gone while the browser was busy with it; the next round tells the browser
        if (this.#peer.remoteSources.some((wanted) => isSameSource(wanted, source))) onRemoteTrack(source, track)
      },
    })
    this.#learn(offer.sources)
  }

  get sid(): string {
    return this.#options.offer.sid
  }

  get peer(): PeerSession {
    return this.#peer
  }

  /**
   * Answer the offer with everything we have to send. Call once.
   * @throws ClientError `media`, `timeout`, `refused`, `closed`
   */
  start(): Promise<void> {
    const started = this.#start()
    this.#signalling = started.catch(() => undefined)
    return started
  }

  /** `source-add` from the focus. */
  addSources(sources: SourcesByOwner): void {
    this.#learn(sources)
    this.refreshSources()
  }

  /** `source-remove` from the focus. */
  removeSources(sources: SourcesByOwner): void {
    for (const { name } of gatherSources(sources)) this.#signalled.delete(name)
    this.refreshSources()
  }

  /** Somebody left: the focus sends no `source-remove` for that. */
  removeOwner(ownerId: string): void {
    for (const { name, ownerId: owner } of [...this.#signalled.values()]) {
      if (owner === ownerId) this.#signalled.delete(name)
    }
    this.refreshSources()
  }

  /** Receive what is signalled by those who are present, no more and no less. */
  refreshSources(): void {
    if (this.#isClosed) return
    const before = new Set(this.#peer.remoteSources.map((source) => source.name))
    const present = this.#presentSources()
    this.#peer.setRemoteSources(present)
    for (const { name } of present) before.delete(name)
    for (const name of before) this.#options.onRemoteGone(name)
    // the first round is start()'s
    if (this.#answer) this.#renegotiate()
  }

  /**
   * Send what the local source is now; announces it when it has a track for the first time.
   * @throws ClientError `refused` when the focus takes no more sources, `media`, `timeout`, `closed`
   */
  async updateLocal(role: LocalRole): Promise<void> {
    const source = this.#options.localSource(role)
    if (source.track && isExtra(role)) this.#peer.setExtraSource(source.name, source.kind, true)
    await this.#peer.setTrack(source.name, trackToSend(source))
    if (!source.track || this.#announced.has(role)) return
    const announcement = this.#signalling.then(() => this.#announce(role))
    this.#signalling = announcement.catch(() => undefined)
    await announcement
  }

  /**
   * Ask for new ICE credentials without a new session; they come as `transport-info`.
   * @throws ClientError `refused` when this focus or bridge cannot, `timeout`, `closed`
   */
  async requestIceRestart(): Promise<void> {
    const { sid, initiator, bridgeSession } = this.#options.offer
    if (!bridgeSession) throw new ClientError('refused', 'the session has no bridge that could restart ICE')
    const iceRestart = { bridgeSessionId: bridgeSession.id }
    await this.#request(encodeSessionInfo({ action: 'session-info', sid, initiator, iceRestart }))
  }

  /** The bridge's new side of ICE; ours follows. @throws ClientError `media`, `timeout`, `refused`, `closed` */
  async restartIce({ contents }: TransportInfo): Promise<void> {
    const { sid, initiator, media } = this.#options.offer
    const [content] = contents
    const { ufrag, pwd, candidates = [], iceGeneration = 0 } = content ?? {}
    if (ufrag === undefined || pwd === undefined || iceGeneration <= this.#iceGeneration) return
    this.#iceGeneration = iceGeneration
    this.#peer.setTransport({ ufrag, pwd, candidates })
    const answer = (this.#answer = await this.#peer.negotiate())
    const ours = media.map(({ kind }) => ({
      name: kind,
      ufrag: answer.ufrag,
      pwd: answer.pwd,
      // the bridge learns our addresses from our checks
      candidates: [],
      iceGeneration,
    }))
    await this.#request(encodeTransportInfo({ action: 'transport-info', sid, initiator, contents: ours }))
  }

  /** Tell the focus that it is over. @throws ClientError */
  async terminate(reason: string, text: string | undefined, restart: boolean): Promise<void> {
    const { sid, initiator, bridgeSession } = this.#options.offer
    const end: SessionTerminate = {
      action: 'session-terminate',
      sid,
      initiator,
      reason,
      ...(text !== undefined && { text }),
      ...(bridgeSession && { bridgeSession: { id: bridgeSession.id, restart } }),
    }
    await this.#request(encodeSessionTerminate(end))
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true
    this.#peer.close()
  }

  async #start(): Promise<void> {
    for (const role of allRoles) await this.#prepare(role)
    this.#peer.setRemoteSources(this.#presentSources())
    const answer = (this.#answer = await this.#peer.negotiate())
    const roles = allRoles.filter((role) => this.#options.localSource(role).track && this.#isNegotiated(role, answer))
    for (const role of roles) this.#announced.set(role, this.#newMsid(role))
    const { sid, initiator } = this.#options.offer
    await this.#request(
      encodeSessionAccept({
        action: 'session-accept',
        sid,
        initiator,
        responder: this.#options.responder,
        media: this.#acceptedMedia(answer),
        transport: {
          ufrag: answer.ufrag,
          pwd: answer.pwd,
          fingerprints: [answer.fingerprint],
          // the bridge learns our addresses from our checks
          candidates: [],
          webSocketUrls: [],
        },
        sources: this.#describe(roles, answer),
      }),
    )
    // sources may have changed while the browser was busy
    this.#renegotiate()
  }

  async #prepare(role: LocalRole): Promise<void> {
    const source = this.#options.localSource(role)
    if (!source.track) return
    if (isExtra(role)) this.#peer.setExtraSource(source.name, source.kind, true)
    await this.#peer.setTrack(source.name, trackToSend(source))
  }

  async #announce(role: LocalRole): Promise<void> {
    if (this.#isClosed) throw new ClientError('closed', 'the media session is over')
    if (this.#announced.has(role) || !this.#answer) return
    if (!this.#isNegotiated(role, this.#answer)) this.#answer = await this.#peer.negotiate()
    this.#announced.set(role, this.#newMsid(role))
    const sources = this.#describe([role], this.#answer)
    if (isEmptySourceSet(sources)) {
      this.#announced.delete(role)
      throw new ClientError('media', `the browser cannot send ${this.#options.localSource(role).name}`)
    }
    const { sid, initiator } = this.#options.offer
    const change = { action: 'source-add' as const, sid, initiator, sources: new Map([['', sources]]) }
    try {
      await this.#request(encodeSourceChange(change, { form: 'own' }))
    } catch (error) {
      this.#announced.delete(role)
      throw error
    }
  }

  #isNegotiated(role: LocalRole, answer: SdpAnswer): boolean {
    const mid = this.#peer.midOf(this.#options.localSource(role).name)
    return answer.sections.some((section) => section.mid === mid && section.isSending)
  }

  #describe(roles: readonly LocalRole[], answer: SdpAnswer) {
    const announced = roles.flatMap((role) => {
      const source = this.#options.localSource(role)
      const mid = this.#peer.midOf(source.name)
      const msid = this.#announced.get(role)
      return mid === undefined || msid === undefined ? [] : [{ source, mid, msid }]
    })
    return announced.length === 0 ? emptySourceSet : describeOwnSources(announced, answer)
  }

  #acceptedMedia(answer: SdpAnswer) {
    return this.#options.offer.media.flatMap(({ kind }) => {
      const section = answer.sections.find((candidate) => candidate.kind === kind && !candidate.isRejected)
      return section ? [describeMedia(section, kind)] : []
    })
  }

  #learn(sources: SourcesByOwner): void {
    for (const source of gatherSources(sources)) {
      if (source.ownerId === 'jvb' || source.ownerId === this.#options.endpointId) continue
      if (this.#signalled.size >= maxSources && !this.#signalled.has(source.name)) return
      this.#signalled.set(source.name, source)
    }
  }

  #presentSources(): RemoteSource[] {
    return [...this.#signalled.values()].filter(({ ownerId }) => this.#options.isPresent(ownerId))
  }

  #renegotiate(): void {
    if (!this.#peer.needsNegotiation) return
    this.#peer.negotiate().then(
      (answer) => {
        this.#answer = answer
      },
      (error) => {
        if (!this.#isClosed) this.#options.onBroken(error)
      },
    )
  }

  #newMsid(role: LocalRole): string {
    return ownMsid(this.#options.localSource(role), this.#options.platform.randomUuid())
  }

  async #request(jingle: XmlElement): Promise<void> {
    if (this.#isClosed) throw new ClientError('closed', 'the media session is over')
    await this.#options.request(el('iq', NS.client, { type: 'set', to: this.#options.focus }, jingle), requestTimeoutMs)
  }
}

function describeMedia({ payloadTypes, headerExtensions }: AnswerSection, kind: MediaKind) {
  return { kind, payloadTypes, headerExtensions }
}

function isExtra(role: LocalRole): boolean {
  return role === 'screen' || role === 'screen-sound'
}

const allRoles: readonly LocalRole[] = ['microphone', 'camera', 'screen', 'screen-sound']
/** Deadline of every Jingle request, as the stock client has it. */
const requestTimeoutMs = 10_000
/** Sources of one meeting that a browser is asked to hold. */
const maxSources = 4000
