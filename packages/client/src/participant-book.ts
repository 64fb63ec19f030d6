/** Participants as snapshots, from what the roster, the bridge and we ourselves know. */
import type { Role as MucRole, SourceState } from '@parley/protocol'
import { formatSourceName, parseSourceName } from '@parley/protocol'
import type { Connectivity, Participant, Role } from './participant.ts'

/** What a snapshot is made of. */
export interface ParticipantFacts {
  readonly id: string
  readonly isLocal: boolean
  readonly role: MucRole
  readonly displayName: string
  readonly sources: ReadonlyMap<string, SourceState>
  readonly raisedHandAt?: number | undefined
  readonly jid?: string | undefined
  readonly connectivity: Connectivity
}

export class ParticipantBook {
  #participants: ReadonlyMap<string, Participant> = new Map()

  /** A new map after every change; in order of first appearance. */
  get participants(): ReadonlyMap<string, Participant> {
    return this.#participants
  }

  /** `undefined` when nothing changed. */
  put(facts: ParticipantFacts): { readonly next: Participant; readonly previous: Participant | undefined } | undefined {
    const next = snapshot(facts)
    const previous = this.#participants.get(facts.id)
    if (previous && isEqual(previous, next)) return undefined
    this.#participants = new Map(this.#participants).set(facts.id, next)
    return { next, previous }
  }

  remove(id: string): Participant | undefined {
    const participant = this.#participants.get(id)
    if (participant) this.#participants = new Map([...this.#participants].filter(([other]) => other !== id))
    return participant
  }
}

function snapshot(facts: ParticipantFacts): Participant {
  const { id, isLocal, displayName, sources, raisedHandAt, jid, connectivity } = facts
  const isMuted = (kind: 'audio' | 'video') =>
    sources.get(formatSourceName({ endpointId: id, kind, index: 0 }))?.muted ?? true
  return {
    id,
    isLocal,
    displayName,
    role: toRole(facts.role),
    audioMuted: isMuted('audio'),
    videoMuted: isMuted('video'),
    isSharingScreen: [...sources].some(([name, { muted }]) => {
      const source = parseSourceName(name)
      return !muted && source?.kind === 'video' && source.index > 0
    }),
    ...(raisedHandAt !== undefined && { raisedHandAt }),
    connectivity,
    ...(jid !== undefined && { jid }),
  }
}

function toRole(role: MucRole): Role {
  return role === 'none' ? 'participant' : role
}

function isEqual(a: Participant, b: Participant): boolean {
  return (
    a.displayName === b.displayName &&
    a.role === b.role &&
    a.audioMuted === b.audioMuted &&
    a.videoMuted === b.videoMuted &&
    a.isSharingScreen === b.isSharingScreen &&
    a.raisedHandAt === b.raisedHandAt &&
    a.connectivity === b.connectivity &&
    a.jid === b.jid
  )
}
