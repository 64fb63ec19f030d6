/**
 * The conference itself: keeps roster, sources, chat and media together and tells the application what changed. What each of
 * them does is in its own file; here is only who tells whom.
 */
import {
  type BridgeColibriMessage,
  el,
  encodeColibri,
  type JsonObject,
  type MediaKind,
  NS,
  parseJid,
  type XmlElement,
} from '@parley/protocol'
import type { AudioSettings } from '../audio-settings.ts'
import type { ChatMessage } from '../chat-message.ts'
import type { Conference, JoinOptions } from '../conference.ts'
import { constraintsMessage } from '../constraints-message.ts'
import { Emitter, type Listener } from '../emitter.ts'
import { ClientError } from '../errors.ts'
import type { ConferenceEvents, EndReason, MediaState } from '../events.ts'
import { LocalMedia } from '../local-media.ts'
import type { MediaSource } from '../media-source.ts'
import { grantModeratorRequest, kickRequest, muteRequest, passwordRequest } from '../moderation.ts'
import type { Participant } from '../participant.ts'
import type { Platform } from '../platform.ts'
import type { ReceiverConstraints } from '../receiver-constraints.ts'
import { meetingIdOf } from '../room-entry.ts'
import { focusNick } from '../roster.ts'
import { SourceRegistry } from '../source-registry.ts'
import type { ConferenceStats } from '../stats.ts'
import { chooseCodec, defaultCodecPreference, type VideoCodec } from '../video-codec.ts'
import { AudioMeter } from './audio-meter.ts'
import { collectStats } from './collect-stats.ts'
import { FocusRequests } from './focus-requests.ts'
import { MediaAgent } from './media-agent.ts'
import { OwnMedia } from './own-media.ts'
import { RoomChat } from './room-chat.ts'
import { RoomMembership } from './room-membership.ts'
import type { StanzaPort } from './stanza-port.ts'

export interface ConferenceSessionOptions {
  readonly platform: Platform
  readonly port: StanzaPort
  /** Bare room address. */
  readonly room: string
  readonly focusDomain: string
  readonly capsVersion: string
  readonly token: string | undefined
  readonly audio: AudioSettings
  readonly join: JoinOptions
  readonly onEnded: () => void
}

export class ConferenceSession implements Conference {
  readonly room: string
  readonly #options: ConferenceSessionOptions
  readonly #localId: string
  readonly #emitter = new Emitter<ConferenceEvents>((error) =>
    console.error('a listener of the conference threw', error),
  )
  readonly #membership: RoomMembership
  readonly #chat: RoomChat
  readonly #focusRequests: FocusRequests
  readonly #media: LocalMedia
  readonly #ownMedia: OwnMedia
  readonly #sources: SourceRegistry
  readonly #agent: MediaAgent
  readonly #meter: AudioMeter
  /** That we can send and receive, best first. */
  readonly #codecs: readonly VideoCodec[]
  #hasEnded = false
  #leaving: Promise<void> | undefined
  #constraints: ReceiverConstraints = {}
  #dominantSpeakerId: string | undefined
  #meetingId: string | undefined

  constructor(options: ConferenceSessionOptions) {
    const { platform, port, room, join } = options
    this.#options = options
    this.room = room
    this.#localId = nickFor(port.jid, platform)
    const { videoCodecs = ['vp8'] } = platform
    const { codecPreference = defaultCodecPreference } = join
    this.#codecs = [...new Set([...codecPreference, ...videoCodecs])].filter((codec) => videoCodecs.includes(codec))
    this.#media = new LocalMedia(this.#localId)
    this.#membership = new RoomMembership({
      ...options,
      localId: this.#localId,
      displayName: join.displayName ?? '',
      codecs: this.#codecs,
      sourceInfo: () => this.#media.sourceInfo(),
      onJoined: (participant) => this.#emitter.emit('participantJoined', participant),
      onUpdated: (participant, previous) => this.#handleUpdated(participant, previous),
      onLeft: (participant, why) => this.#handleLeft(participant, why),
      onOccupant: (id, isNew) => {
        this.#sources.refreshOwner(id)
        // what was signalled before its owner came
        if (isNew) this.#agent.session?.refreshSources()
        this.#updateCodec()
      },
      onGone: (reason) => this.#end(reason),
    })
    this.#sources = new SourceRegistry({
      createMediaStream: platform.createMediaStream,
      stateOf: (ownerId, name) => this.#membership.sourcesOf(ownerId)?.get(name),
      events: {
        onAdded: (source) => this.#emitter.emit('sourceAdded', source),
        onUpdated: (source, previous) => this.#emitter.emit('sourceUpdated', source, previous),
        onRemoved: (source) => this.#emitter.emit('sourceRemoved', source),
      },
    })
    this.#chat = new RoomChat({
      ...options,
      localId: this.#localId,
      nameOf: (id) => this.participants.get(id)?.displayName ?? '',
      onMessage: (message) => this.#emitter.emit('messageReceived', message),
    })
    const warn = (message: string, cause: unknown) => this.#emitter.emit('warned', message, cause)
    this.#agent = new MediaAgent({
      platform,
      audio: options.audio,
      endpointId: this.#localId,
      focus: `${room}/${focusNick}`,
      responder: port.jid,
      request: (iq, timeoutMs) => port.request(iq, timeoutMs),
      localSource: (role) => this.#media.get(role),
      videoCodec: () => this.#chooseCodec(),
      isPresent: (ownerId) => this.#membership.has(ownerId),
      greeting: () => [constraintsMessage(this.#constraints), ...this.#ownMedia.videoTypes()],
      restartsIce: join.restartsIce ?? false,
      onState: (state) => this.#handleMediaState(state),
      onRemoteTrack: (source, track) => this.#sources.set({ ...source, isLocal: false, track }),
      onRemoteGone: (name) => this.#sources.remove(name),
      onSessionEnded: () => this.#forgetRemoteMedia(),
      onStartMuted: (kinds) => this.#startMuted(kinds),
      onBridgeMessage: (message) => this.#handleBridgeMessage(message),
      onWarning: warn,
      onGivenUp: (error) => this.#end({ kind: 'media-failed', message: error.message }),
    })
    this.#ownMedia = new OwnMedia({
      media: this.#media,
      apply: async (role) => this.#agent.session?.updateLocal(role),
      publish: () => this.#membership.publish(),
      sendToBridge: (message) => this.#agent.sendToBridge(message),
      requestUnmute: async (kind) => {
        await this.#request(muteRequest(room, this.#localId, kind, false))
      },
      onChanged: ({ name, kind, videoType, track }) => {
        if (track) this.#sources.set({ name, ownerId: this.#localId, isLocal: true, kind, videoType, track })
        else this.#sources.remove(name)
        this.#membership.refreshLocal()
        this.#sources.refreshOwner(this.#localId)
      },
      onWarning: warn,
    })
    this.#focusRequests = new FocusRequests({
      send: (stanza) => port.send(stanza),
      onJingle: (jingle) => this.#agent.handleJingle(jingle),
      onMute: (kind, actorId) => {
        this.#ownMedia.muteByModerator(kind)
        this.#emitter.emit('mutedByModerator', kind, actorId)
      },
      onWarning: warn,
    })
    this.#meter = new AudioMeter({
      clock: platform.clock,
      session: () => this.#agent.session?.peer,
      isWanted: () => this.#emitter.hasListeners('audioLevelsMeasured'),
      onLevels: (levels) => this.#emitter.emit('audioLevelsMeasured', levels),
    })
  }

  get meetingId(): string | undefined {
    return this.#meetingId
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  get mediaState(): MediaState {
    return this.#agent.state
  }

  get localParticipant(): Participant {
    return this.#membership.participants.get(this.#localId) as Participant
  }

  get participants(): ReadonlyMap<string, Participant> {
    return this.#membership.participants
  }

  get sources(): ReadonlyMap<string, MediaSource> {
    return this.#sources.sources
  }

  get dominantSpeakerId(): string | undefined {
    return this.#dominantSpeakerId
  }

  get messages(): readonly ChatMessage[] {
    return this.#chat.messages
  }

  subscribe<K extends keyof ConferenceEvents>(event: K, listener: Listener<ConferenceEvents[K]>): () => void {
    return this.#emitter.subscribe(event, listener)
  }

  /** Ask the focus, enter, and be inside. @throws ClientError; the session is over then */
  async enter(): Promise<void> {
    const { audioTrack = null, videoTrack = null, audioMuted = false, videoMuted = false } = this.#options.join
    const { password, signal } = this.#options.join
    try {
      this.#media.set('microphone', { isSwitchedOff: audioMuted })
      this.#media.set('camera', { isSwitchedOff: videoMuted })
      await this.#ownMedia.setTrack('microphone', audioTrack)
      await this.#ownMedia.setTrack('camera', videoTrack)
      await this.#membership.enter(password, signal)
    } catch (error) {
      await this.leave()
      throw error
    }
    this.#fetchMeetingId()
  }

  setMicrophone(track: MediaStreamTrack | null): Promise<void> {
    return this.#whileOpen(() => this.#ownMedia.setTrack('microphone', track))
  }

  setCamera(track: MediaStreamTrack | null): Promise<void> {
    return this.#whileOpen(() => this.#ownMedia.setTrack('camera', track))
  }

  setMuted(kind: MediaKind, muted: boolean): Promise<void> {
    return this.#whileOpen(() => this.#ownMedia.setMuted(kind, muted))
  }

  startScreenShare(video: MediaStreamTrack, audio?: MediaStreamTrack): Promise<void> {
    return this.#whileOpen(() => this.#ownMedia.startScreenShare(video, audio))
  }

  stopScreenShare(): Promise<void> {
    return this.#hasEnded ? Promise.resolve() : this.#ownMedia.stopScreenShare()
  }

  sendChat(text: string): string {
    this.#assertOpen()
    return this.#chat.send(text)
  }

  sendPrivateChat(participantId: string, text: string): string {
    this.#assertOpen()
    return this.#chat.sendPrivate(participantId, text)
  }

  setDisplayName(name: string): void {
    this.#membership.setDisplayName(name)
  }

  setHandRaised(isRaised: boolean): void {
    this.#membership.setHandRaised(isRaised)
  }

  setReceiverConstraints(constraints: ReceiverConstraints): void {
    const before = encodeColibri(constraintsMessage(this.#constraints))
    this.#constraints = constraints
    const message = constraintsMessage(constraints)
    if (encodeColibri(message) !== before) this.#agent.sendToBridge(message)
  }

  sendEndpointMessage(to: string, payload: JsonObject): boolean {
    if (JSON.stringify(payload).length > maxPayloadLength) {
      throw new ClientError(
        'bad-argument',
        `a message to participants is at most ${maxPayloadLength} characters of JSON`,
      )
    }
    return this.#agent.sendToBridge({ colibriClass: 'EndpointMessage', to, msgPayload: payload })
  }

  async kick(participantId: string, message = ''): Promise<void> {
    await this.#request(kickRequest(this.room, participantId, message))
  }

  async muteParticipant(participantId: string, kind: MediaKind | 'desktop'): Promise<void> {
    await this.#request(muteRequest(this.room, participantId, kind, true))
  }

  async grantModerator(participantId: string): Promise<void> {
    const jid = this.participants.get(participantId)?.jid
    if (jid === undefined) throw new ClientError('bad-argument', `the address of ${participantId} is not known`)
    await this.#request(grantModeratorRequest(this.room, jid.split('/')[0] ?? jid))
  }

  async setPassword(password: string): Promise<void> {
    await this.#request(passwordRequest(this.room, password))
  }

  async getStats(): Promise<ConferenceStats> {
    const peer = this.#agent.session?.peer
    if (peer) return collectStats(peer)
    return { remote: [], local: [], roundTripTimeMs: undefined, availableOutgoingBitrateBps: undefined }
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave()
  }

  /** Stanzas from the room or its occupants. Returns false for requests that are not understood. */
  handleStanza(stanza: XmlElement): boolean {
    const nick = parseJid(stanza.attrs.from ?? '')?.resource ?? ''
    if (stanza.name === 'presence') this.#membership.handlePresence(nick, stanza)
    else if (stanza.name === 'message') this.#chat.handleMessage(nick, stanza)
    else return nick === focusNick && !this.#hasEnded && this.#focusRequests.handle(stanza)
    return true
  }

  /** The stream under us is gone. */
  handleConnectionLost(error: Error | undefined): void {
    this.#end({ kind: 'connection-lost', message: error?.message ?? 'the server closed the connection' })
  }

  #handleUpdated(participant: Participant, previous: Participant): void {
    this.#emitter.emit('participantUpdated', participant, previous)
    if (participant.isLocal && participant.role !== previous.role) this.#emitter.emit('roleChanged', participant.role)
  }

  #chooseCodec(): VideoCodec {
    return chooseCodec(this.#codecs, this.#codecs, this.#membership.codecsOfOthers())
  }

  #updateCodec(): void {
    this.#agent.session?.peer
      .setCodec(this.#chooseCodec())
      .catch((error) => this.#emitter.emit('warned', 'cannot change the video codec', error))
  }

  #handleLeft(participant: Participant, why: 'left' | 'kicked'): void {
    this.#agent.session?.removeOwner(participant.id)
    this.#updateCodec()
    this.#emitter.emit('participantLeft', participant, why)
    if (this.#dominantSpeakerId === participant.id) this.#setDominantSpeaker(undefined, [])
  }

  #handleMediaState(state: MediaState): void {
    const isInterrupted = state === 'interrupted' || state === 'restarting'
    this.#membership.setConnectivity(this.#localId, isInterrupted ? 'interrupted' : 'active')
    // the path to the bridge and the way to the server often share the network that broke
    if (state === 'interrupted') this.#options.port.checkLiveness()
    this.#emitter.emit('mediaStateChanged', state)
  }

  #handleBridgeMessage(message: BridgeColibriMessage): void {
    switch (message.colibriClass) {
      case 'DominantSpeakerEndpointChangeEvent': {
        const id = message.silence ? undefined : message.dominantSpeakerEndpoint || undefined
        return this.#setDominantSpeaker(id, message.previousSpeakers)
      }
      case 'EndpointConnectivityStatusChangeEvent':
        return this.#membership.setConnectivity(message.endpoint, message.active ? 'active' : 'interrupted')
      case 'ForwardedSources':
        return this.#sources.setForwarded(message.forwardedSources)
      case 'SenderSourceConstraints':
        this.#agent.session?.peer
          .setMaxHeight(message.sourceName, message.maxHeight)
          .catch((error) => this.#emitter.emit('warned', `cannot limit what ${message.sourceName} sends`, error))
        return
      case 'EndpointMessage':
        return this.#emitter.emit('endpointMessageReceived', message.from ?? '', message.msgPayload)
      case 'ConnectionStats':
        return this.#emitter.emit('downlinkEstimated', message.estimatedDownlinkBandwidth)
      default:
        return
    }
  }

  #setDominantSpeaker(id: string | undefined, recent: readonly string[]): void {
    if (id === this.#dominantSpeakerId) return
    this.#dominantSpeakerId = id
    this.#emitter.emit('dominantSpeakerChanged', id, recent)
  }

  #forgetRemoteMedia(): void {
    this.#sources.removeRemote()
    this.#sources.setForwarded(undefined)
    this.#setDominantSpeaker(undefined, [])
    this.#membership.forgetConnectivity()
  }

  #startMuted(kinds: { readonly audio: boolean; readonly video: boolean }): void {
    for (const kind of ['audio', 'video'] as const) {
      if (!kinds[kind]) continue
      this.#ownMedia
        .setMuted(kind, true)
        .catch((error) => this.#emitter.emit('warned', `cannot mute ${kind} at the start`, error))
    }
  }

  #request(iq: XmlElement): Promise<XmlElement> {
    return this.#whileOpen(() => this.#options.port.request(iq, requestTimeoutMs))
  }

  async #whileOpen<T>(work: () => Promise<T>): Promise<T> {
    this.#assertOpen()
    return work()
  }

  #assertOpen(): void {
    if (this.#hasEnded || this.#leaving) throw new ClientError('closed', 'the conference is over')
  }

  #fetchMeetingId(): void {
    const iq = el('iq', NS.client, { type: 'get', to: this.room }, el('query', NS.discoInfo))
    this.#options.port.request(iq, requestTimeoutMs).then(
      (answer) => {
        this.#meetingId = meetingIdOf(answer)
      },
      (error) => this.#emitter.emit('warned', 'the room did not tell its meeting id', error),
    )
  }

  async #leave(): Promise<void> {
    if (this.#hasEnded) return
    this.#agent.close()
    await this.#membership.leave()
    this.#end({ kind: 'left' })
  }

  #end(reason: EndReason): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#membership.close()
    this.#agent.close()
    this.#meter.close()
    this.#ownMedia.close()
    this.#sources.removeAll()
    this.#options.onEnded()
    this.#emitter.emit('ended', this.#leaving ? { kind: 'left' } : reason)
  }
}

/** The stock rule (protocol notes, 4.1): the first eight hex digits of the address, or eight random ones. */
function nickFor(jid: string, platform: Platform): string {
  const [nick = ''] = (parseJid(jid)?.node ?? '').split('-')
  return /^[0-9a-f]{8}$/.test(nick) ? nick : platform.randomUuid().slice(0, 8)
}

const requestTimeoutMs = 10_000
const maxPayloadLength = 16_384
