/** What the parts of one conference share: who is there, what time it is, and where outputs go. */
import type { Outcome } from '@parley/cluster'
import type { BridgeEvent } from '@parley/bridge/port'
import type { SourceSet, XmlElement } from '@parley/protocol'
import { Deadlines, type Millis } from './deadlines.ts'
import { type BridgeCall, EndpointCalls } from './endpoint-calls.ts'
import type { CapsCache } from './features.ts'
import type { LogFields, LogLevel } from './log.ts'
import type { Member } from './member.ts'
import { Requests } from './requests.ts'
import type { StanzaCondition } from './stanzas.ts'

export interface ConferenceSettings {
  /** Bare room JID. */
  readonly room: string
  /** Full JID of the focus user. */
  readonly focusJid: string
  /** `wss://host:port`, put before the paths of bridge channels. */
  readonly webSocketBase: string
  /** Shown to clients as the bridge's region. */
  readonly region?: string
  /** Unix time of creation in ms. */
  readonly createdMs: number
  readonly caps: CapsCache
  /** An id that nobody can guess: lower-case hex digits. */
  readonly newId: () => string
  /** Most occupants that are invited; later ones stay without media. */
  readonly maxMembers: number
}

export type Input =
  /** The driver's token comes back in the `reply`. */
  | {
      readonly type: 'request'
      readonly token: number
      readonly from: string
      readonly properties: Readonly<Record<string, string>>
    }
  | { readonly type: 'stanza'; readonly stanza: XmlElement }
  | { readonly type: 'bridge-outcome'; readonly id: number; readonly outcome: Outcome<unknown> }
  | { readonly type: 'bridge-event'; readonly event: BridgeEvent }
  /** Bridge events were lost. */
  | { readonly type: 'bridge-gap' }
  | { readonly type: 'time' }
  | { readonly type: 'close' }

export type Output =
  | { readonly type: 'stanza'; readonly stanza: XmlElement }
  | { readonly type: 'bridge-call'; readonly id: number; readonly call: BridgeCall }
  | {
      readonly type: 'reply'
      readonly token: number
      readonly answer: 'ready' | { readonly condition: StanzaCondition; readonly text: string }
    }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string; readonly fields: LogFields }
  /** The conference is over; nothing follows. */
  | { readonly type: 'ended' }

export class Core {
  readonly settings: ConferenceSettings
  readonly members = new Map<string, Member>()
  readonly deadlines = new Deadlines()
  readonly requests: Requests
  readonly endpoints: EndpointCalls
  readonly outputs: Output[] = []
  now: Millis = 0
  /** Unique per meeting; the conference id on the bridge. Known once the room is open. */
  meetingId = ''
  isOpen = false
  /** True once the bridge was asked for an endpoint. */
  usesBridge = false
  bridgeSources: SourceSet | undefined

  constructor(settings: ConferenceSettings) {
    this.settings = settings
    this.requests = new Requests({
      deadlines: this.deadlines,
      now: () => this.now,
      send: (stanza) => this.send(stanza),
      newId: () => settings.newId(),
    })
    this.endpoints = new EndpointCalls((id, call) => this.outputs.push({ type: 'bridge-call', id, call }))
  }

  /** Occupant JID of the focus. */
  get ownJid(): string {
    return `${this.settings.room}/focus`
  }

  send(stanza: XmlElement): void {
    this.outputs.push({ type: 'stanza', stanza })
  }

  after(reason: string, delayMs: Millis, onDue: () => void): void {
    this.deadlines.set(reason, this.now + delayMs, onDue)
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.outputs.push({ type: 'log', level, message, fields: { room: this.settings.room, ...fields } })
  }

  address(member: Member): { readonly conferenceId: string; readonly endpointId: string } {
    return { conferenceId: this.meetingId, endpointId: member.endpointId }
  }
}
