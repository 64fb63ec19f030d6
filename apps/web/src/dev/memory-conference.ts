/**
 * A whole conference in memory, with people who are drawn on canvases: for looking at the pages without a server. Only the
 * stories use it; nothing of it is in the production bundle.
 */
import type {
  ChatMessage,
  Conference,
  ConferenceEvents,
  ConferenceStats,
  EndReason,
  MediaSource,
  MediaState,
  Participant,
  ReceiverConstraints,
} from '@parley/client'
import type { EntryRequest, Meeting } from '../call/enter-room.ts'
import { drawPerson, drawScreen } from './drawings.ts'

type Listener = (...args: never[]) => void

const LOCAL_ID = '0a1b2c3d'

export class MemoryConference implements Conference {
  readonly room: string
  readonly meetingId = 'story'
  hasEnded = false
  mediaState: MediaState = 'connected'
  participants: ReadonlyMap<string, Participant>
  sources: ReadonlyMap<string, MediaSource> = new Map()
  dominantSpeakerId: string | undefined
  messages: readonly ChatMessage[] = []
  constraints: ReceiverConstraints | undefined
  readonly #listeners = new Map<string, Set<Listener>>()

  constructor(request: EntryRequest) {
    this.room = `${request.room}@memory`
    this.participants = new Map([
      [LOCAL_ID, { ...newcomer(LOCAL_ID, request.displayName), isLocal: true, audioMuted: request.audioMuted }],
    ])
    if (request.videoTrack) this.#setLocalVideo('v0', request.videoTrack, 'camera', request.videoMuted)
    else this.update(LOCAL_ID, { videoMuted: true })
  }

  get localParticipant(): Participant {
    return this.#person(LOCAL_ID)
  }

  subscribe<K extends keyof ConferenceEvents>(event: K, listener: (...args: ConferenceEvents[K]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    const entry: Listener = (...args) => listener(...(args as unknown as ConferenceEvents[K]))
    listeners.add(entry)
    return () => listeners.delete(entry)
  }

  // What the story does to the conference.

  enter(id: string, displayName: string, change: Partial<Participant> = {}): void {
    const participant = { ...newcomer(id, displayName), ...change }
    this.participants = new Map([...this.participants, [id, participant]])
    this.#emit('participantJoined', participant)
    if (!participant.videoMuted) this.#addSource(remoteVideo(id, 'v0', 'camera', drawPerson(id)))
  }

  exit(id: string): void {
    const participant = this.#person(id)
    for (const source of [...this.sources.values()]) if (source.ownerId === id) this.#removeSource(source.id)
    this.participants = new Map([...this.participants].filter(([other]) => other !== id))
    this.#emit('participantLeft', participant, 'left')
  }

  update(id: string, change: Partial<Participant>): void {
    const previous = this.#person(id)
    const participant = { ...previous, ...change }
    this.participants = new Map([...this.participants].map(([key, value]) => [key, key === id ? participant : value]))
    this.#emit('participantUpdated', participant, previous)
  }

  presentScreen(id: string): void {
    this.#addSource(remoteVideo(id, 'v1', 'desktop', drawScreen()))
    this.update(id, { isSharingScreen: true })
  }

  speak(id: string | undefined): void {
    this.dominantSpeakerId = id
    this.#emit('dominantSpeakerChanged', id, [])
  }

  say(senderId: string, text: string, sentAt = Date.now()): void {
    const sender = this.#person(senderId)
    const message: ChatMessage = {
      id: crypto.randomUUID(),
      senderId,
      senderName: sender.displayName,
      text,
      sentAt,
      isLocal: sender.isLocal,
      isPrivate: false,
    }
    this.messages = [...this.messages, message]
    this.#emit('messageReceived', message)
  }

  setMediaState(state: MediaState): void {
    this.mediaState = state
    this.#emit('mediaStateChanged', state)
  }

  end(reason: EndReason): void {
    if (this.hasEnded) return
    this.hasEnded = true
    this.#emit('ended', reason)
  }

  // What the page does.

  async setMicrophone(_track: MediaStreamTrack | null): Promise<void> {}

  async setCamera(track: MediaStreamTrack | null): Promise<void> {
    if (track) this.#setLocalVideo('v0', track, 'camera', this.localParticipant.videoMuted)
  }

  async setMuted(kind: 'audio' | 'video', muted: boolean): Promise<void> {
    this.update(LOCAL_ID, kind === 'audio' ? { audioMuted: muted } : { videoMuted: muted })
    const camera = this.sources.get(`${LOCAL_ID}-v0`)
    if (kind === 'video' && camera) this.#updateSource({ ...camera, muted })
  }

  async startScreenShare(video: MediaStreamTrack): Promise<void> {
    this.#setLocalVideo('v1', video, 'desktop', false)
    this.update(LOCAL_ID, { isSharingScreen: true })
    video.addEventListener('ended', () => void this.stopScreenShare(), { once: true })
  }

  async stopScreenShare(): Promise<void> {
    this.#removeSource(`${LOCAL_ID}-v1`)
    this.update(LOCAL_ID, { isSharingScreen: false })
  }

  sendChat(text: string): string {
    this.say(LOCAL_ID, text)
    return this.messages.at(-1)?.id ?? ''
  }

  sendPrivateChat(_participantId: string, text: string): string {
    return this.sendChat(text)
  }

  setDisplayName(displayName: string): void {
    this.update(LOCAL_ID, { displayName })
  }

  setHandRaised(isRaised: boolean): void {
    const { raisedHandAt: _, ...rest } = this.localParticipant
    const participant: Participant = isRaised ? { ...rest, raisedHandAt: Date.now() } : rest
    this.participants = new Map([...this.participants].map(([id, old]) => [id, id === LOCAL_ID ? participant : old]))
    this.#emit('participantUpdated', participant, this.localParticipant)
  }

  setReceiverConstraints(constraints: ReceiverConstraints): void {
    this.constraints = constraints
  }

  sendEndpointMessage(): boolean {
    return false
  }

  async kick(participantId: string): Promise<void> {
    this.exit(participantId)
  }

  async muteParticipant(participantId: string): Promise<void> {
    this.update(participantId, { audioMuted: true })
  }

  async grantModerator(participantId: string): Promise<void> {
    this.update(participantId, { role: 'moderator' })
  }

  async setPassword(_password: string): Promise<void> {}

  async getStats(): Promise<ConferenceStats> {
    return { remote: [], local: [], roundTripTimeMs: undefined, availableOutgoingBitrateBps: undefined }
  }

  async leave(): Promise<void> {
    this.end({ kind: 'left' })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave()
  }

  asMeeting(): Meeting {
    return { conference: this, close: () => this.leave() }
  }

  #person(id: string): Participant {
    const participant = this.participants.get(id)
    if (!participant) throw new Error(`nobody has the id ${id}`)
    return participant
  }

  #setLocalVideo(suffix: string, track: MediaStreamTrack, videoType: 'camera' | 'desktop', muted: boolean): void {
    const id = `${LOCAL_ID}-${suffix}`
    const stream = new MediaStream([track])
    const source: MediaSource = { ...remoteVideo(LOCAL_ID, suffix, videoType, stream), isLocal: true, muted }
    if (this.sources.has(id)) this.#updateSource(source)
    else this.#addSource(source)
  }

  #addSource(source: MediaSource): void {
    this.sources = new Map([...this.sources, [source.id, source]])
    this.#emit('sourceAdded', source)
  }

  #updateSource(source: MediaSource): void {
    const previous = this.sources.get(source.id)
    this.sources = new Map([...this.sources, [source.id, source]])
    if (previous) this.#emit('sourceUpdated', source, previous)
  }

  #removeSource(id: string): void {
    const source = this.sources.get(id)
    this.sources = new Map([...this.sources].filter(([other]) => other !== id))
    if (source) this.#emit('sourceRemoved', source)
  }

  #emit<K extends keyof ConferenceEvents>(event: K, ...args: ConferenceEvents[K]): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(...(args as unknown as never[]))
  }
}

function newcomer(id: string, displayName: string): Participant {
  return {
    id,
    isLocal: false,
    displayName,
    role: 'participant',
    audioMuted: false,
    videoMuted: false,
    isSharingScreen: false,
    connectivity: 'active',
  }
}

function remoteVideo(
  ownerId: string,
  suffix: string,
  videoType: 'camera' | 'desktop',
  stream: MediaStream,
): MediaSource {
  const id = `${ownerId}-${suffix}`
  return { id, ownerId, isLocal: false, kind: 'video', videoType, stream, muted: false, isForwarded: true }
}
