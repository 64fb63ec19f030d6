/**
 * Keeps every receiver's knowledge of the others' sources up to date. Nothing is queued: what a receiver was told is
 * compared with what is true once its session is active, so a source that came and went before the receiver's answer is
 * never mentioned.
 */
import {
  encodeSourceChange,
  isEmptySourceSet,
  type SourceSet,
  type SourcesByOwner,
  stripSimulcast,
} from '@parley/protocol'
import type { Core } from './core.ts'
import { feature } from './features.ts'
import type { Member } from './member.ts'
import { sourceDifference } from './source-difference.ts'

export class SourceFanout {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** Replace what a member declares and tell the others. */
  set(member: Member, sources: SourceSet): void {
    member.sources = sources
    member.announced = stripSimulcast(sources)
    this.update()
  }

  /** What is true for `receiver` now, for its offer. */
  othersOf(receiver: Member): Map<string, SourceSet> {
    const others = new Map<string, SourceSet>()
    for (const member of this.#core.members.values()) {
      if (member !== receiver && !isEmptySourceSet(member.announced)) others.set(member.endpointId, member.announced)
    }
    return others
  }

  update(): void {
    for (const receiver of this.#core.members.values()) this.#bringUpToDate(receiver)
  }

  /** The member is no longer in `members`. Clients drop its sources themselves when they see it leave, except some. */
  forget(leaver: Member): void {
    for (const receiver of this.#core.members.values()) {
      const told = receiver.session?.told.get(leaver.endpointId)
      receiver.session?.told.delete(leaver.endpointId)
      if (!told || isEmptySourceSet(told)) continue
      // COMPAT: clients that expect SSRC rewriting keep the tracks of a leaver until they are told.
      if (receiver.session?.state === 'active' && receiver.features?.has(feature.ssrcRewriting)) {
        this.#tell(receiver, 'source-remove', new Map([[leaver.endpointId, told]]))
      }
    }
  }

  #bringUpToDate(receiver: Member): void {
    const { session } = receiver
    if (session?.state !== 'active') return
    const removed = new Map<string, SourceSet>()
    const added = new Map<string, SourceSet>()
    for (const owner of this.#core.members.values()) {
      const told = session.told.get(owner.endpointId)
      if (owner === receiver || told === owner.announced) continue
      const difference = sourceDifference(told, owner.announced)
      session.told.set(owner.endpointId, owner.announced)
      if (!isEmptySourceSet(difference.removed)) removed.set(owner.endpointId, difference.removed)
      if (!isEmptySourceSet(difference.added)) added.set(owner.endpointId, difference.added)
    }
    this.#tell(receiver, 'source-remove', removed)
    this.#tell(receiver, 'source-add', added)
  }

  #tell(receiver: Member, action: 'source-add' | 'source-remove', sources: SourcesByOwner): void {
    // A change without sources makes clients throw.
    if (sources.size === 0 || !receiver.session) return
    const change = { action, sid: receiver.session.sid, initiator: this.#core.ownJid, sources }
    const form = receiver.features?.has(feature.jsonSources) ? 'json' : 'owned'
    this.#core.requests.sendUnanswered('set', receiver.jid, encodeSourceChange(change, { form }))
  }
}
