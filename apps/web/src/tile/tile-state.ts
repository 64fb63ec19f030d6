/** What a tile shows, made from the conference's state: one per person, and one more for each shared screen. */
import type { MediaSource, Participant } from '@parley/client'

export interface TileState {
  /** The participant's id, or the source's for a screen. */
  readonly id: string
  readonly participantId: string
  readonly name: string
  readonly isLocal: boolean
  readonly videoType: 'camera' | 'desktop'
  readonly audioMuted: boolean
  readonly videoMuted: boolean
  readonly isActiveSpeaker: boolean
  readonly isHandRaised: boolean
  /** The bridge hears nothing from this person (or we from the bridge). */
  readonly isInterrupted: boolean
  /** The video source to ask for; absent when the person sends none. */
  readonly sourceId: string | undefined
  /** The picture, when there is one to show. */
  readonly stream: MediaStream | undefined
}

export interface TileInput {
  readonly participants: ReadonlyMap<string, Participant>
  readonly sources: ReadonlyMap<string, MediaSource>
  readonly dominantSpeakerId: string | undefined
}

export const NAMELESS = 'Guest'

/** People in the order of the conference (own tile first), then screens in the order in which they were shared. */
export function tilesOf({ participants, sources, dominantSpeakerId }: TileInput): readonly TileState[] {
  const videos = [...sources.values()].filter((source) => source.kind === 'video')
  const people = [...participants.values()].map((participant) =>
    personTile(
      participant,
      videos.find((source) => source.ownerId === participant.id && source.videoType !== 'desktop'),
      dominantSpeakerId,
    ),
  )
  const screens = videos.flatMap((source) => {
    const owner = participants.get(source.ownerId)
    return owner && source.videoType === 'desktop' && !source.muted ? [screenTile(owner, source)] : []
  })
  return [...people, ...screens]
}

function personTile(
  participant: Participant,
  camera: MediaSource | undefined,
  dominantSpeakerId: string | undefined,
): TileState {
  const videoMuted = participant.videoMuted || camera === undefined || camera.muted
  return {
    ...commonState(participant),
    id: participant.id,
    name: participant.displayName || NAMELESS,
    videoType: 'camera',
    videoMuted,
    isActiveSpeaker: participant.id === dominantSpeakerId && !participant.audioMuted,
    sourceId: camera?.id,
    stream: videoMuted ? undefined : camera?.stream,
  }
}

function screenTile(owner: Participant, source: MediaSource): TileState {
  return {
    ...commonState(owner),
    id: source.id,
    name: owner.isLocal ? 'Your screen' : `${owner.displayName || NAMELESS} · screen`,
    videoType: 'desktop',
    videoMuted: false,
    isActiveSpeaker: false,
    isHandRaised: false,
    sourceId: source.id,
    stream: source.stream,
  }
}

function commonState(participant: Participant) {
  return {
    participantId: participant.id,
    isLocal: participant.isLocal,
    audioMuted: participant.audioMuted,
    isHandRaised: participant.raisedHandAt !== undefined,
    isInterrupted: participant.connectivity === 'interrupted',
  }
}
