/**
 * Sessions: who gets one, how it begins, and what happens when it breaks.
 *
 *     (none) ──bridge asked──▶ allocating ──session-initiate──▶ offered ──session-accept──▶ active
 *        ▲                                                                                    │
 *        └──── leave · terminate · idle · bridge lost the endpoint · no answer in time ◀──────┘
 */
import type { EndpointCreated } from '@parley/bridge/port'
import type { Outcome } from '@parley/cluster'
import {
  emptySourceSet,
  encodeSessionInitiate,
  encodeSessionTerminate,
  type SessionAccept,
  type TransportDescription,
} from '@parley/protocol'
import type { Core } from './core.ts'
import { assumedFeatures } from './features.ts'
import type { FocusPresence } from './focus-presence.ts'
import type { Member, Session } from './member.ts'
import { acceptedMedia, offeredMedia } from './offer.ts'
import type { SourceFanout } from './source-fanout.ts'
import { describeError } from './stanzas.ts'

/** A conference has media from this many participants on. */
export const minParticipants = 2
export const acceptTimeoutMs = 60_000
/** Clients answer a failed transport with a restart of their own; after this time we offer one. */
export const failedTransportPatienceMs = 30_000
const offerResultTimeoutMs = 15_000
/** Offers repeated by us without the transport ever connecting. */
const maxRepeats = 3
const firstRetryMs = 5_000
const maxRetryMs = 60_000

export interface StartMutedPolicy {
  /** Participants that start unmuted; later ones start muted. `undefined` = all unmuted. */
  audioFrom: number | undefined
  videoFrom: number | undefined
}

export class Invitations {
  readonly startMuted: StartMutedPolicy = { audioFrom: undefined, videoFrom: undefined }
  readonly #core: Core
  readonly #fanout: SourceFanout
  readonly #presence: FocusPresence
  readonly #failures = new Map<Member, number>()

  constructor(core: Core, fanout: SourceFanout, presence: FocusPresence) {
    this.#core = core
    this.#fanout = fanout
    this.#presence = presence
  }

  /** Invite everybody who should have a session and has none. */
  update(): void {
    const { members, isOpen, deadlines, settings } = this.#core
    if (!isOpen || members.size < minParticipants) return
    let place = 0
    for (const member of members.values()) {
      if (++place > settings.maxMembers) return
      if (member.session || !member.isInvitable || !member.features) continue
      if (!deadlines.has(`invite ${member.endpointId}`)) this.#invite(member, place)
    }
  }

  /** The client's answer; validated by the caller. */
  accept(member: Member, session: Session, answer: SessionAccept): void {
    this.#core.deadlines.clear(`accept ${member.endpointId}`)
    session.state = 'active'
    session.transport = answer.transport
    this.updateEndpoint(member, {
      transport: answer.transport,
      media: acceptedMedia(session.media, answer.media),
      ...(answer.initialLastN !== undefined && { initialLastN: answer.initialLastN }),
      ...((member.forceMute.audio || member.forceMute.video) && { forceMute: member.forceMute }),
    })
    this.#core.log('info', 'session accepted', { endpoint: member.endpointId, sid: session.sid })
  }

  /**
   * Send the bridge the member's sources, and what else changed. A bridge that lost the endpoint gets it offered anew.
   */
  updateEndpoint(
    member: Member,
    change: Omit<Parameters<Core['endpoints']['update']>[0], 'conferenceId' | 'endpointId'> = {},
  ): void {
    const { session } = member
    const request = { ...this.#core.address(member), sources: member.sources, ...change }
    this.#core.endpoints.update(request, (outcome) => {
      if (outcome.kind === 'done' || member.session !== session) return
      this.#core.log('warn', 'bridge did not take an update', { endpoint: member.endpointId, ...why(outcome) })
      this.repeat(member, 'bridge did not take an update')
    })
  }

  /** End a session and let the bridge forget the endpoint. @param reason told to the client, unless it knows already */
  end(member: Member, reason?: { readonly name: string; readonly text: string }): void {
    const { session } = member
    if (!session) return
    const { deadlines, endpoints, requests, ownJid } = this.#core
    member.session = undefined
    for (const wait of ['accept', 'failed']) deadlines.clear(`${wait} ${member.endpointId}`)
    if (reason && session.state !== 'allocating') {
      const end = encodeSessionTerminate({
        action: 'session-terminate',
        sid: session.sid,
        initiator: ownJid,
        reason: reason.name,
        text: reason.text,
      })
      requests.sendUnanswered('set', member.jid, end)
    }
    endpoints.expire(this.#core.address(member), (outcome) => {
      // The bridge drops idle endpoints by itself.
      if (outcome.kind !== 'done') this.#core.log('debug', 'endpoint not expired', why(outcome))
    })
    this.#fanout.set(member, emptySourceSet)
  }

  /** A member that left. */
  forget(member: Member): void {
    this.#core.deadlines.clear(`invite ${member.endpointId}`)
    this.#failures.delete(member)
    this.end(member)
  }

  /** Offer a new session because this one cannot work, a few times. */
  repeat(member: Member, cause: string): void {
    const isLast = ++member.repeats > maxRepeats
    this.#core.log(isLast ? 'error' : 'warn', isLast ? 'session given up' : 'session offered anew', {
      endpoint: member.endpointId,
      cause,
    })
    if (isLast) member.isInvitable = false
    this.end(
      member,
      isLast ? { name: 'general-error', text: 'jingle session failed' } : { name: 'success', text: 'moving' },
    )
    this.update()
  }

  #invite(member: Member, place: number): void {
    const { settings } = this.#core
    const media = offeredMedia(member.features ?? assumedFeatures)
    const session: Session = {
      sid: settings.newId(),
      bridgeSessionId: settings.newId(),
      state: 'allocating',
      media,
      told: new Map(),
      transport: undefined,
      iceGeneration: 0,
    }
    member.session = session
    this.#core.usesBridge = true
    const request = { ...this.#core.address(member), conferenceName: settings.room, media }
    this.#core.endpoints.create(request, (outcome) => {
      if (member.session !== session) return
      if (outcome.kind === 'done') this.#offer(member, session, outcome.value, place)
      else this.#retryLater(member, outcome)
    })
  }

  #offer(member: Member, session: Session, created: EndpointCreated, place: number): void {
    const { requests, settings, ownJid } = this.#core
    this.#failures.delete(member)
    this.#core.bridgeSources = created.bridgeSources
    this.#presence.setBridge(true, 1)
    session.state = 'offered'
    const others = this.#fanout.othersOf(member)
    for (const [owner, sources] of others) session.told.set(owner, sources)
    const { audioFrom, videoFrom } = this.startMuted
    const isAfter = (from: number | undefined) => from !== undefined && place > from
    const startMuted = { audio: isAfter(audioFrom), video: isAfter(videoFrom) }
    const offer = encodeSessionInitiate({
      action: 'session-initiate',
      sid: session.sid,
      initiator: ownJid,
      media: session.media,
      transport: withChannelAddresses(created.transport, settings.webSocketBase),
      sources: new Map([['jvb', created.bridgeSources], ...others]),
      // A client that is invited again keeps the mute state its user chose since.
      ...(!member.wasOffered && { startMuted }),
      bridgeSession: { id: session.bridgeSessionId, ...(settings.region && { region: settings.region }) },
    })
    member.wasOffered = true
    this.#core.after(`accept ${member.endpointId}`, acceptTimeoutMs, () => this.repeat(member, 'offer not accepted'))
    requests.send({
      type: 'set',
      to: member.jid,
      payload: offer,
      timeoutMs: offerResultTimeoutMs,
      onAnswer: (answer) => {
        if (answer?.attrs.type !== 'error' || member.session !== session) return
        this.#core.log('warn', 'offer refused', { endpoint: member.endpointId, error: describeError(answer) })
        member.isInvitable = false
        this.end(member, { name: 'general-error', text: 'jingle session failed' })
      },
    })
  }

  #retryLater(member: Member, outcome: Outcome<unknown>): void {
    member.session = undefined
    const failures = (this.#failures.get(member) ?? 0) + 1
    this.#failures.set(member, failures)
    const delayMs = Math.min(firstRetryMs * 2 ** (failures - 1), maxRetryMs)
    this.#core.log('error', 'bridge gave no endpoint', { endpoint: member.endpointId, delayMs, ...why(outcome) })
    // One refused endpoint among others that work is that endpoint's trouble, not the conference's.
    const hasOthers = [...this.#core.members.values()].some((m) => m.session && m.session.state !== 'allocating')
    if (outcome.kind === 'unreachable' || !hasOthers) this.#presence.setBridge(false, hasOthers ? 1 : 0)
    this.#core.after(`invite ${member.endpointId}`, delayMs, () => this.update())
  }
}

/** The bridge names paths; only the deployment knows under which address clients reach them. */
function withChannelAddresses(transport: TransportDescription, base: string): TransportDescription {
  const complete = (url: string) => (url.startsWith('/') ? `${base.replace(/\/$/, '')}${url}` : url)
  return { ...transport, webSocketUrls: transport.webSocketUrls.map(complete) }
}

function why(outcome: Outcome<unknown>): { outcome: string; cause: string } {
  if (outcome.kind === 'done') return { outcome: 'done', cause: '' }
  const cause = outcome.kind === 'refused' ? `${outcome.reason}: ${outcome.message}` : outcome.message
  return { outcome: outcome.kind, cause }
}
