/** One participant as the stock client behaves: answers discovery and offers, remembers what it is told. */
import {
  child,
  childElements,
  decodeConferenceReply,
  decodeJingle,
  decodeOccupantItem,
  el,
  encodeConferenceRequest,
  encodeSessionAccept,
  encodeSessionTerminate,
  encodeSourceChange,
  NS,
  offerLimits,
  parseXml,
  serialize,
  type SessionInitiate,
  type SessionTerminate,
  type SourceChange,
  type SourceSet,
  type XmlElement,
} from '@parley/protocol'
import type { Attachment, Router } from '@parley/xmpp'
import { settle } from './virtual-clock.ts'

export interface TestClientOptions {
  readonly router: Router
  readonly nick: string
  readonly room: string
  readonly focusDomain: string
  /** `undefined` leaves discovery unanswered. */
  readonly features?: readonly string[] | undefined
}

export const stockFeatures = [
  'urn:xmpp:jingle:apps:rtp:audio',
  'urn:xmpp:jingle:apps:rtp:video',
  'urn:ietf:rfc:4588',
  'http://jitsi.org/tcc',
]

export class TestClient {
  readonly nick: string
  readonly jid: string
  readonly room: string
  readonly received: XmlElement[] = []
  readonly offers: SessionInitiate[] = []
  readonly changes: SourceChange[] = []
  readonly ends: SessionTerminate[] = []
  readonly mutes: XmlElement[] = []
  discoveries = 0
  readonly #options: TestClientOptions
  readonly #attachment: Attachment
  #lastId = 0

  constructor(options: TestClientOptions) {
    this.#options = options
    this.nick = options.nick
    this.room = options.room
    this.jid = `${options.nick}-1111-4222-8333-444444444444@meet.example/res`
    this.#attachment = options.router.attachUser(this.jid, (stanza) => this.#receive(stanza))
  }

  get offer(): SessionInitiate {
    const offer = this.offers.at(-1)
    if (!offer) throw new Error(`${this.nick} has no offer`)
    return offer
  }

  /** The conference request's answer, whatever it is. */
  async request(properties: Record<string, string> = {}): Promise<XmlElement> {
    const request = encodeConferenceRequest({ room: this.room, machineUid: 'uid', properties })
    return this.iq('set', this.#options.focusDomain, request)
  }

  async join(properties: Record<string, string> = {}): Promise<this> {
    const reply = await this.request(properties)
    const [payload] = childElements(reply)
    if (!payload || !decodeConferenceReply(payload)?.ready) throw new Error(`not ready: ${serialize(reply)}`)
    this.send(el('presence', NS.client, { to: `${this.room}/${this.nick}` }, el('x', NS.muc)))
    await settle()
    return this
  }

  async leave(): Promise<void> {
    this.send(el('presence', NS.client, { to: `${this.room}/${this.nick}`, type: 'unavailable' }))
    await settle()
  }

  /** Send an IQ and wait for its answer in this turn of the world. */
  async iq(type: 'get' | 'set', to: string, payload: XmlElement): Promise<XmlElement> {
    const id = `${this.nick}-${++this.#lastId}`
    this.send(el('iq', NS.client, { type, to, id }, payload))
    for (let turn = 0; turn < 5; turn++) {
      await settle()
      const answer = this.received.find(({ name, attrs }) => name === 'iq' && attrs.id === id && isAnswer(attrs.type))
      if (answer) return answer
    }
    throw new Error(`no answer to ${serialize(payload)}`)
  }

  toFocus(payload: XmlElement): Promise<XmlElement> {
    return this.iq('set', `${this.room}/focus`, payload)
  }

  accept(sources: SourceSet, offer = this.offer): Promise<XmlElement> {
    return this.toFocus(
      encodeSessionAccept({
        action: 'session-accept',
        sid: offer.sid,
        initiator: offer.initiator,
        responder: this.jid,
        media: offer.media,
        transport: {
          ufrag: 'Xy1z',
          pwd: 'abcdefghijklmnopqrstuvwx',
          fingerprints: [{ hash: 'sha-256', value: Array(32).fill('CD').join(':'), setup: 'active' }],
          candidates: [],
          webSocketUrls: [],
        },
        sources,
      }),
    )
  }

  change(action: 'source-add' | 'source-remove', sources: SourceSet): Promise<XmlElement> {
    const change = {
      action,
      sid: this.offer.sid,
      initiator: this.offer.initiator,
      sources: new Map([[this.nick, sources]]),
    }
    return this.toFocus(encodeSourceChange(change, { form: 'own' }))
  }

  terminate(restart: boolean): Promise<XmlElement> {
    const { sid, initiator, bridgeSession } = this.offer
    return this.toFocus(
      encodeSessionTerminate({
        action: 'session-terminate',
        sid,
        initiator,
        reason: 'connectivity-error',
        text: 'ICE FAILED',
        bridgeSession: { id: bridgeSession?.id ?? '', restart },
      }),
    )
  }

  /** SSRCs of another participant that this client knows by now, from its last offer on. */
  knownSsrcs(owner: string): number[] {
    const known = new Set(all(this.offer.sources.get(owner)))
    for (const { action, sid, sources } of this.changes) {
      if (sid !== this.offer.sid) continue
      for (const ssrc of all(sources.get(owner))) {
        if (action === 'source-add') known.add(ssrc)
        else known.delete(ssrc)
      }
    }
    return [...known].sort((a, b) => a - b)
  }

  /** The newest presence of an occupant. */
  presenceOf(nick: string): XmlElement | undefined {
    return this.received.findLast(({ name, attrs }) => name === 'presence' && attrs.from === `${this.room}/${nick}`)
  }

  affiliationOf(nick: string): string | undefined {
    const presence = this.presenceOf(nick)
    return presence && decodeOccupantItem(presence)?.affiliation
  }

  send(stanza: XmlElement): void {
    // Over the wire and back, as from a real client.
    this.#attachment.send(parseXml(serialize(stanza)))
  }

  #receive(relayed: XmlElement): void {
    const stanza = parseXml(serialize(relayed))
    this.received.push(stanza)
    if (stanza.name !== 'iq' || isAnswer(stanza.attrs.type)) return
    const [payload] = childElements(stanza)
    if (payload?.ns === NS.discoInfo) return this.#discover(stanza, payload)
    if (payload?.name === 'mute') {
      this.mutes.push(payload)
      return
    }
    if (payload?.name === 'jingle') this.#jingle(payload)
    this.send(el('iq', NS.client, { type: 'result', to: stanza.attrs.from, id: stanza.attrs.id }))
  }

  #discover(stanza: XmlElement, query: XmlElement): void {
    this.discoveries++
    if (!this.#options.features) return
    const features = this.#options.features.map((name) => el('feature', NS.discoInfo, { var: name }))
    const answer = el('query', NS.discoInfo, { node: query.attrs.node }, ...features)
    this.send(el('iq', NS.client, { type: 'result', to: stanza.attrs.from, id: stanza.attrs.id }, answer))
  }

  #jingle(payload: XmlElement): void {
    const message = decodeJingle(payload, { sender: 'focus', limits: offerLimits })
    if (message.action === 'session-initiate') this.offers.push(message)
    else if (message.action === 'source-add' || message.action === 'source-remove') this.changes.push(message)
    else if (message.action === 'session-terminate') this.ends.push(message)
  }
}

export function conditionOf(answer: XmlElement): string | undefined {
  const error = child(answer, 'error')
  return error && childElements(error).find(({ ns, name }) => ns === NS.stanzas && name !== 'text')?.name
}

/** A camera with simulcast and a microphone, with SSRCs from `base` on. */
export function cameraAndMicrophone(nick: string, base: number): SourceSet {
  const video = (index: number) => ({
    ssrc: base + index,
    name: `${nick}-v0`,
    msid: `${nick}-video-0-1 v${base}-1`,
    videoType: 'camera' as const,
  })
  return {
    audio: [{ ssrc: base, name: `${nick}-a0`, msid: `${nick}-audio-0-1 a${base}-1` }],
    video: [1, 2, 3, 4, 5, 6].map(video),
    groups: [
      { semantics: 'SIM', ssrcs: [base + 1, base + 2, base + 3] },
      { semantics: 'FID', ssrcs: [base + 1, base + 4] },
      { semantics: 'FID', ssrcs: [base + 2, base + 5] },
      { semantics: 'FID', ssrcs: [base + 3, base + 6] },
    ],
  }
}

export function screen(nick: string, base: number): SourceSet {
  const source = { name: `${nick}-v1`, msid: `${nick}-video-1-1 s${base}-1`, videoType: 'desktop' as const }
  return {
    audio: [],
    video: [
      { ssrc: base, ...source },
      { ssrc: base + 1, ...source },
    ],
    groups: [{ semantics: 'FID', ssrcs: [base, base + 1] }],
  }
}

function isAnswer(type: string | undefined): boolean {
  return type === 'result' || type === 'error'
}

function all(set: SourceSet | undefined): number[] {
  return [...(set?.audio ?? []), ...(set?.video ?? [])].map(({ ssrc }) => ssrc)
}
