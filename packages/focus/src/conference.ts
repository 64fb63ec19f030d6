/**
 * One conference from first request to last leave: stanzas, bridge outcomes and time go in, stanzas and bridge calls
 * come out. This file says who hears of what; the parts do the work.
 */
import type { BridgeEvent } from '@parley/bridge/port'
import { child, childElements, el, NS, type XmlElement } from '@parley/protocol'
import { ClientJingle } from './client-jingle.ts'
import { type ConferenceSettings, Core, type Input, type Output } from './core.ts'
import type { Millis } from './deadlines.ts'
import { discoverFeatures } from './discovery.ts'
import { focusCapsNode, FocusPresence, focusFeatures } from './focus-presence.ts'
import { failedTransportPatienceMs, Invitations, minParticipants } from './invitations.ts'
import { newMember, updateMember } from './member.ts'
import { handleMute, isMute } from './mute.ts'
import { Ownership } from './ownership.ts'
import { RoomEntry } from './room-entry.ts'
import { SourceFanout } from './source-fanout.ts'
import { describeError, errorFor, isIqRequest, resultFor, type StanzaCondition } from './stanzas.ts'

/** Time in which somebody who asked for the room has to join it. */
export const joinPatienceMs = 15_000
/** Time that somebody alone keeps a session. */
export const aloneTimeoutMs = 20_000
const maxAwaited = 1_000

export interface ConferenceSummary {
  readonly room: string
  readonly meetingId: string
  readonly state: 'opening' | 'open' | 'ended'
  readonly createdMs: number
  readonly participants: number
  /** Accepted sessions. */
  readonly activeSessions: number
  readonly isBridgeAvailable: boolean
}

export class Conference {
  readonly #core: Core
  readonly #presence: FocusPresence
  readonly #entry: RoomEntry
  readonly #ownership: Ownership
  readonly #fanout: SourceFanout
  readonly #invitations: Invitations
  readonly #jingle: ClientJingle
  /** Requests that came before the room was open. */
  #waiting: number[] = []
  /** Real JIDs that asked and have not joined yet, with the end of our patience. */
  readonly #awaited = new Map<string, Millis>()
  #hasEnded = false

  constructor(settings: ConferenceSettings) {
    this.#core = new Core(settings)
    this.#presence = new FocusPresence(this.#core)
    this.#ownership = new Ownership(this.#core)
    this.#fanout = new SourceFanout(this.#core)
    this.#invitations = new Invitations(this.#core, this.#fanout, this.#presence)
    this.#jingle = new ClientJingle(this.#core, this.#fanout, this.#invitations)
    this.#entry = new RoomEntry(this.#core, this.#presence, {
      onOpen: () => this.#opened(),
      onFailed: (why) => this.#failed(why),
      onDestroyed: (why) => this.#destroyed(why),
    })
  }

  handle(now: Millis, input: Input): void {
    this.#core.now = now
    if (this.#hasEnded) {
      if (input.type === 'request') this.#reply(input.token, 'service-unavailable', 'the conference is over')
      return
    }
    this.#core.deadlines.runDue(now)
    if (this.#hasEnded) return this.handle(now, input)
    switch (input.type) {
      case 'request':
        return this.#request(input.token, input.from, input.properties)
      case 'stanza':
        return this.#stanza(input.stanza)
      case 'bridge-outcome':
        return this.#core.endpoints.finish(input.id, input.outcome)
      case 'bridge-event':
        return this.#bridgeEvent(input.event)
      case 'bridge-gap':
        // Updates are idempotent, and one that is refused shows what was missed.
        for (const member of this.#core.members.values()) {
          if (member.session?.state === 'active') this.#invitations.updateEndpoint(member)
        }
        return
      case 'close':
        return this.#end('closing')
      case 'time':
        return
    }
  }

  poll(): Output | undefined {
    return this.#core.outputs.shift()
  }

  deadline(): { readonly at: Millis; readonly reason: string } | undefined {
    return this.#core.deadlines.next()
  }

  get meetingId(): string {
    return this.#core.meetingId
  }

  /** True while this client has asked for the room and not joined. */
  isAwaiting(realJid: string, now: Millis): boolean {
    return (this.#awaited.get(realJid) ?? now) > now
  }

  summary(): ConferenceSummary {
    const members = [...this.#core.members.values()]
    return {
      room: this.#core.settings.room,
      meetingId: this.#core.meetingId,
      state: this.#hasEnded ? 'ended' : this.#core.isOpen ? 'open' : 'opening',
      createdMs: this.#core.settings.createdMs,
      participants: members.length,
      activeSessions: members.filter(({ session }) => session?.state === 'active').length,
      isBridgeAvailable: this.#presence.isBridgeAvailable,
    }
  }

  #request(token: number, from: string, properties: Readonly<Record<string, string>>): void {
    if (this.#awaited.size >= maxAwaited) this.#forgetLate()
    if (this.#awaited.size >= maxAwaited && !this.#awaited.has(from)) {
      return this.#reply(token, 'resource-constraint', 'too many people are about to join this room')
    }
    const isMember = [...this.#core.members.values()].some(({ realJid }) => realJid === from)
    if (!isMember) this.#awaited.set(from, this.#core.now + joinPatienceMs)
    // whoever opens the room says how it begins, nobody who merely asks for it later
    if (!this.#entry.isStarted) {
      const { startMuted } = this.#invitations
      startMuted.audioFrom = readCount(properties.startAudioMuted)
      startMuted.videoFrom = readCount(properties.startVideoMuted)
    }
    this.#entry.start()
    if (this.#core.isOpen) {
      this.#core.outputs.push({ type: 'reply', token, answer: 'ready' })
      this.#leaveWhenEmpty()
    } else this.#waiting.push(token)
  }

  #reply(token: number, condition: StanzaCondition, text: string): void {
    this.#core.outputs.push({ type: 'reply', token, answer: { condition, text } })
  }

  #opened(): void {
    this.#core.isOpen = true
    this.#core.log('info', 'conference opened', { meetingId: this.#core.meetingId })
    this.#presence.publish()
    for (const token of this.#waiting.splice(0)) this.#core.outputs.push({ type: 'reply', token, answer: 'ready' })
    // Patience counts from when joining became possible.
    for (const jid of this.#awaited.keys()) this.#awaited.set(jid, this.#core.now + joinPatienceMs)
    this.#membersChanged()
  }

  #failed(why: string): void {
    this.#core.log('error', 'conference lost its room', { cause: why })
    this.#endWithoutRoom(why)
  }

  /** Somebody wanted it so: nothing went wrong. */
  #destroyed(why: string): void {
    this.#core.log('info', 'room destroyed', { cause: why })
    this.#endWithoutRoom(why || 'the room was destroyed')
  }

  #endWithoutRoom(why: string): void {
    for (const token of this.#waiting.splice(0)) this.#reply(token, 'service-unavailable', why)
    this.#end(why)
  }

  #stanza(stanza: XmlElement): void {
    const from = stanza.attrs.from ?? ''
    const slash = from.indexOf('/')
    const nick = slash < 0 ? '' : from.slice(slash + 1)
    if (stanza.name === 'presence') {
      if (from === this.#core.ownJid) this.#entry.handleOwnPresence(stanza)
      else if (nick !== '') this.#occupantPresence(nick, stanza)
      else if (stanza.attrs.type === 'error') this.#entry.handleOwnPresence(stanza)
    } else if (isIqRequest(stanza)) this.#clientRequest(nick, stanza)
    else if (stanza.name === 'iq' && !this.#core.requests.answer(stanza) && stanza.attrs.type === 'error') {
      this.#core.log('debug', 'a client refused a request', { from, error: describeError(stanza) })
    }
  }

  #occupantPresence(nick: string, presence: XmlElement): void {
    const known = this.#core.members.get(nick)
    const { type } = presence.attrs
    if (type === 'unavailable') {
      if (!known) return
      this.#core.members.delete(nick)
      this.#fanout.forget(known)
      this.#invitations.forget(known)
      this.#core.log('info', 'participant left', { endpoint: nick, participants: this.#core.members.size })
    } else if (type !== undefined) return
    else if (known) updateMember(known, presence)
    else {
      const member = newMember(presence, nick)
      if (!member) return
      this.#core.members.set(nick, member)
      this.#awaited.delete(member.realJid)
      this.#core.log('info', 'participant joined', { endpoint: nick, participants: this.#core.members.size })
      if (!member.isInvitable) this.#core.log('warn', 'nick is no endpoint id, no media', { endpoint: nick })
      discoverFeatures(this.#core, member, presence, () => this.#invitations.update())
    }
    this.#membersChanged()
  }

  #membersChanged(): void {
    if (!this.#core.isOpen) return
    this.#ownership.update()
    this.#endIdleSession()
    this.#invitations.update()
    this.#leaveWhenEmpty()
  }

  #endIdleSession(): void {
    const { members, deadlines } = this.#core
    const [only] = members.values()
    if (members.size >= minParticipants || !only?.session) return deadlines.clear('alone')
    if (deadlines.has('alone')) return
    this.#core.after('alone', aloneTimeoutMs, () => {
      for (const member of members.values()) {
        this.#invitations.end(member, { name: 'expired', text: 'Idle session timeout' })
      }
    })
  }

  /** An empty room is left at once, unless somebody was just told that it is ready. */
  #leaveWhenEmpty(): void {
    const { members, deadlines } = this.#core
    if (members.size > 0) return deadlines.clear('nobody joined')
    this.#forgetLate()
    if (this.#awaited.size === 0) return this.#end('nobody is here')
    deadlines.set('nobody joined', Math.max(...this.#awaited.values()), () => this.#leaveWhenEmpty())
  }

  #forgetLate(): void {
    for (const [jid, until] of this.#awaited) if (until <= this.#core.now) this.#awaited.delete(jid)
  }

  #clientRequest(nick: string, request: XmlElement): void {
    const member = this.#core.members.get(nick)
    const [payload] = childElements(request)
    if (!member) return this.#core.send(errorFor(request, 'forbidden', 'the focus answers occupants of the room only'))
    if (!payload) return this.#core.send(errorFor(request, 'bad-request'))
    if (request.attrs.type === 'set' && payload.name === 'jingle' && payload.ns === NS.jingle) {
      this.#jingle.handle(member, request, payload)
    } else if (request.attrs.type === 'set' && isMute(payload)) {
      handleMute(this.#core, this.#invitations, member, request, payload)
    } else if (request.attrs.type === 'get' && payload.ns === NS.discoInfo) {
      this.#core.send(resultFor(request, describeFocus(payload.attrs.node)))
    } else if (request.attrs.type === 'get' && child(request, 'ping', NS.ping)) {
      this.#core.send(resultFor(request))
    } else this.#core.send(errorFor(request, 'service-unavailable'))
  }

  #bridgeEvent(event: BridgeEvent): void {
    if (event.type === 'conference-expired') {
      const cause = 'bridge gave the conference up'
      for (const member of [...this.#core.members.values()]) {
        if (member.session && member.session.state !== 'allocating') this.#invitations.repeat(member, cause)
      }
      return
    }
    const member = this.#core.members.get(event.endpointId)
    if (!member?.session || member.session.state === 'allocating') return
    const wait = `failed ${member.endpointId}`
    this.#core.log(event.state === 'failed' ? 'warn' : 'debug', `transport ${event.state}`, {
      endpoint: member.endpointId,
      cause: event.reason,
    })
    if (event.state === 'connected') {
      member.repeats = 0
      this.#core.deadlines.clear(wait)
    } else if (event.state === 'failed') {
      this.#core.after(wait, failedTransportPatienceMs, () => this.#invitations.repeat(member, 'transport failed'))
    }
  }

  #end(why: string): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const { outputs, deadlines, members, meetingId, usesBridge } = this.#core
    deadlines.clearAll()
    for (const token of this.#waiting.splice(0)) this.#reply(token, 'service-unavailable', why)
    if (usesBridge) {
      outputs.push({
        type: 'bridge-call',
        id: 0,
        call: { method: 'expireConference', request: { conferenceId: meetingId } },
      })
    }
    members.clear()
    this.#presence.leave()
    this.#core.log('info', 'conference ended', { cause: why })
    outputs.push({ type: 'ended' })
  }
}

function readCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined
}

function describeFocus(node: string | undefined): XmlElement {
  const ours = node === undefined || node.startsWith(`${focusCapsNode}#`)
  return el(
    'query',
    NS.discoInfo,
    { node },
    el('identity', NS.discoInfo, { category: 'conference', type: 'focus', name: 'Parley focus' }),
    ...(ours ? focusFeatures.map((name) => el('feature', NS.discoInfo, { var: name })) : []),
  )
}
