/** A bridge on virtual time over an engine in memory, and participants that speak to it as clients do. */
import assert from 'node:assert/strict'
import { decodeBridgeColibri, encodeColibri } from '@parley/protocol'
import type {
  BridgeColibriMessage,
  ClientColibriMessage,
  MediaDescription,
  SourceSet,
  TransportDescription,
} from '@parley/protocol'
import type { Outcome } from '@parley/cluster'
import type { SourceId, TransportId } from '@parley/media-engine'
import { createBridge } from '../src/index.ts'
import type {
  Bridge,
  BridgeEvent,
  BridgeOptions,
  ChannelHandlers,
  EndpointCreated,
  UpdateEndpoint,
} from '../src/index.ts'
import type { LogFields } from '../src/log.ts'
import { MemoryEngine } from './memory-engine.ts'
import { VirtualTimers } from './virtual-timers.ts'

export class Meeting {
  readonly engine = new MemoryEngine()
  readonly timers = new VirtualTimers()
  readonly bridge: Bridge
  readonly events: BridgeEvent[] = []
  readonly logged: { readonly level: string; readonly message: string; readonly fields: LogFields }[] = []
  #seed = 7

  constructor(options: Partial<BridgeOptions> = {}) {
    const line = (level: string) => (fields: LogFields, message: string) => this.logged.push({ level, message, fields })
    this.bridge = createBridge({
      engine: this.engine,
      serverId: 'jvb1',
      advertisedAddresses: [
        { ip: '203.0.113.7', port: 10000 },
        { ip: '2001:db8::7', port: 10000 },
      ],
      log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
      timers: this.timers,
      random: (sizeBytes) => this.#random(sizeBytes),
      ...options,
    })
    this.engine.onEvents = (events) => this.bridge.onEngineEvents(events)
    this.bridge.port.events.subscribe(({ event }) => this.events.push(event))
  }

  /** A participant with an endpoint; without a channel or sources yet. */
  async join(endpointId: string, conferenceId = 'room1'): Promise<Participant> {
    const request = {
      conferenceId,
      endpointId,
      conferenceName: `${conferenceId}@muc.meet.example`,
      media: offeredMedia,
    }
    return new Participant(this, conferenceId, endpointId, value(await this.bridge.port.createEndpoint(request)))
  }

  /** A participant as in a call: one microphone, one camera of three encodings, an open channel, video wanted. */
  async call(endpointId: string, firstSsrc: number, conferenceId = 'room1'): Promise<Participant> {
    const participant = await this.join(endpointId, conferenceId)
    await participant.update({ sources: cameraAndMicrophone(endpointId, firstSsrc) })
    participant.open()
    participant.say({ colibriClass: 'ReceiverVideoConstraints', lastN: -1, defaultConstraints: { maxHeight: 720 } })
    this.settle()
    return participant
  }

  /** Let the bridge do what is due now. */
  settle(): void {
    this.timers.advance(50)
  }

  #random(sizeBytes: number): Uint8Array {
    const bytes = new Uint8Array(sizeBytes)
    for (let i = 0; i < sizeBytes; i++) {
      this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0
      bytes[i] = this.#seed >>> 24
    }
    return bytes
  }
}

export class Participant {
  readonly meeting: Meeting
  readonly conferenceId: string
  readonly id: string
  readonly created: EndpointCreated
  readonly received: BridgeColibriMessage[] = []
  readonly transport: TransportId
  closed: { readonly code: number; readonly reason: string } | undefined
  bufferedBytes = 0
  socket: ChannelHandlers | undefined

  constructor(meeting: Meeting, conferenceId: string, id: string, created: EndpointCreated) {
    this.meeting = meeting
    this.conferenceId = conferenceId
    this.id = id
    this.created = created
    this.transport = Number(created.transport.ufrag.replace('ufrag', '')) as TransportId
  }

  get url(): { readonly path: string; readonly query: string } {
    const [path = '', query = ''] = (this.created.transport.webSocketUrls[0] ?? '').split('?')
    return { path, query }
  }

  /** Open the channel as a browser would. */
  open(): void {
    const authorization = this.meeting.bridge.authorizeChannel(this.url.path, this.url.query)
    assert.equal(authorization.kind, 'accepted')
    this.closed = undefined
    this.socket = this.meeting.bridge.attachChannel(authorization.ticket, {
      send: (text) => {
        const decoded = decodeBridgeColibri(text)
        assert.ok(decoded.ok, text)
        this.received.push(decoded.message)
      },
      close: (code, reason) => {
        this.closed = { code, reason }
      },
      bufferedBytes: () => this.bufferedBytes,
    })
  }

  say(message: ClientColibriMessage): void {
    this.socket?.onText(encodeColibri(message))
  }

  async update(request: Omit<UpdateEndpoint, 'conferenceId' | 'endpointId'>): Promise<void> {
    value(await this.tryUpdate(request))
  }

  tryUpdate(request: Omit<UpdateEndpoint, 'conferenceId' | 'endpointId'>): Promise<Outcome<void>> {
    return this.meeting.bridge.port.updateEndpoint({
      conferenceId: this.conferenceId,
      endpointId: this.id,
      ...request,
    })
  }

  async leave(): Promise<void> {
    const { conferenceId, id: endpointId } = this
    value(await this.meeting.bridge.port.expireEndpoint({ conferenceId, endpointId }))
  }

  /** Primary SSRC and highest encoding of everything it is given. */
  get forwarded(): readonly string[] {
    return this.meeting.engine.forwardedTo(this.transport)
  }

  /** Take the messages of one class that have come since the last look. */
  take<C extends BridgeColibriMessage['colibriClass']>(
    colibriClass: C,
  ): Extract<BridgeColibriMessage, { readonly colibriClass: C }>[] {
    const taken = this.received.filter((m): m is Extract<BridgeColibriMessage, { readonly colibriClass: C }> => {
      return m.colibriClass === colibriClass
    })
    for (const message of taken) this.received.splice(this.received.indexOf(message), 1)
    return taken
  }

  /** Speak (or be silent) for a while: a level for each 20 ms in batches of 100 ms. */
  speak(durationMs: number, level = 30): void {
    const source = this.audioSource()
    const room = this.meeting.engine.transports.get(this.transport)?.room
    assert.ok(room)
    for (let elapsed = 0; elapsed < durationMs; elapsed += 100) {
      const levels = new Uint32Array([0, 1, 2, 3, 4].flatMap(() => [source, level]))
      this.meeting.bridge.onEngineEvents([{ type: 'audio-levels', room, levels }])
      this.meeting.timers.advance(100)
    }
  }

  audioSource(): SourceId {
    const found = [...this.meeting.engine.sources].find(([, { options }]) => {
      return options.transport === this.transport && options.kind === 'audio'
    })
    assert.ok(found)
    return found[0]
  }
}

export function value<T>(outcome: Outcome<T>): T {
  assert.equal(outcome.kind, 'done', JSON.stringify(outcome))
  return (outcome as Extract<Outcome<T>, { readonly kind: 'done' }>).value
}

/** Audio at `first`; video primaries at +10, +11, +12 with retransmission at +20, +21, +22. */
export function cameraAndMicrophone(endpointId: string, first: number): SourceSet {
  const msid = (kind: string) => `${endpointId}-${kind}-0-1 track-1`
  const layers = [0, 1, 2]
  const video = layers.flatMap((layer) => [first + 10 + layer, first + 20 + layer])
  return {
    audio: [{ ssrc: first, name: `${endpointId}-a0`, msid: msid('audio') }],
    video: video.map((ssrc) => ({ ssrc, name: `${endpointId}-v0`, msid: msid('video') })),
    groups: [
      { semantics: 'SIM', ssrcs: layers.map((layer) => first + 10 + layer) },
      ...layers.map((layer) => ({ semantics: 'FID' as const, ssrcs: [first + 10 + layer, first + 20 + layer] })),
    ],
  }
}

export const answeredTransport: TransportDescription = {
  ufrag: 'theirs',
  pwd: 'their-password-22-chars',
  fingerprints: [{ hash: 'sha-256', value: '01:02', setup: 'active' }],
  candidates: [],
  webSocketUrls: [],
}

export const offeredMedia: readonly MediaDescription[] = [
  {
    kind: 'audio',
    payloadTypes: [{ id: 111, name: 'opus', clockRateHz: 48000, channels: 2, parameters: {}, feedback: [] }],
    headerExtensions: [
      { id: 1, uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level' },
      { id: 5, uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01' },
    ],
  },
  {
    kind: 'video',
    payloadTypes: [
      { id: 100, name: 'VP8', clockRateHz: 90000, parameters: {}, feedback: [{ type: 'nack', subtype: 'pli' }] },
      { id: 96, name: 'rtx', clockRateHz: 90000, parameters: { apt: '100' }, feedback: [] },
    ],
    headerExtensions: [
      { id: 3, uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time' },
      { id: 5, uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01' },
      { id: 12, uri: 'http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00' },
    ],
  },
]
