/** A client and the test as its server: who says what, as XML. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { child, childElements, NS, parseXml, type XmlElement } from '@parley/protocol'
import { type Conference, connect, type Connection, type JoinOptions, type Platform } from '../src/index.ts'
import { MemorySocket } from './memory-socket.ts'
import { ScriptedPeer, ScriptedTrack } from './scripted-peer.ts'
import { settle, VirtualClock } from './virtual-clock.ts'

export const aliceJid = 'aaaaaaaa-1111-4222-8333-444444444444@meet.example/Xy12'
export const room = 'r1@muc.meet.example'
export const alice = `${room}/aaaaaaaa`
export const bob = `${room}/bbbbbbbb`
export const focus = `${room}/focus`

export class Conversation {
  readonly clock = new VirtualClock()
  readonly sockets: MemorySocket[] = []
  readonly peers: ScriptedPeer[] = []
  readonly platform: Platform
  #uuids = 0

  constructor() {
    this.platform = {
      clock: this.clock,
      createSocket: (url, protocol) => {
        const socket = new MemorySocket(url, protocol)
        this.sockets.push(socket)
        return socket
      },
      createPeerConnection: () => {
        const peer = new ScriptedPeer()
        this.peers.push(peer)
        return peer as unknown as RTCPeerConnection
      },
      createMediaStream: (tracks) => ({ getTracks: () => [...tracks] }) as unknown as MediaStream,
      randomUuid: () => `00000000-0000-4000-8000-${String(++this.#uuids).padStart(12, '0')}`,
      random: () => 0,
      sha1: async (bytes) => createHash('sha1').update(bytes).digest(),
    }
  }

  /** The XMPP socket. */
  get socket(): MemorySocket {
    const [socket] = this.sockets
    assert.ok(socket, 'no socket was opened')
    return socket
  }

  get peer(): ScriptedPeer {
    const peer = this.peers.at(-1)
    assert.ok(peer, 'no peer connection was made')
    return peer
  }

  /** The bridge channel of the last session. */
  get channel(): MemorySocket {
    const channel = this.sockets.at(-1)
    assert.ok(channel && channel !== this.socket, 'no bridge channel was opened')
    return channel
  }

  /** The server says. */
  async says(...stanzas: readonly string[]): Promise<void> {
    for (const stanza of stanzas) this.socket.deliver(stanza)
    await settle()
  }

  /** What the client said since the last time, in order. */
  async hears(): Promise<XmlElement[]> {
    await settle()
    return this.socket.sent.splice(0).map((text) => parseXml(text))
  }

  /** The one thing the client said; fails when there are more or none. */
  async hearsOne(name: string): Promise<XmlElement> {
    const heard = await this.hears()
    assert.deepEqual(
      heard.map((element) => element.name),
      [name],
    )
    return heard[0] as XmlElement
  }

  connect(): Promise<Connection> {
    return connect({
      serviceUrl: 'wss://meet.example/xmpp-websocket',
      domain: 'meet.example',
      mucDomain: 'muc.meet.example',
      platform: this.platform,
    })
  }

  async logIn(): Promise<Connection> {
    const connecting = this.connect()
    this.socket.accept()
    await this.says(...loginFrames)
    const connection = await connecting
    await this.hears()
    return connection
  }

  /** Alice enters; Bob is inside already when `others` says so. */
  async join(options: Partial<JoinOptions> = {}, others: readonly string[] = []): Promise<Conference> {
    const connection = await this.logIn()
    const joining = connection.join({ room: 'r1', displayName: 'Alice', ...options })
    await this.answer(await this.hearsOne('iq'), readyReply)
    await this.hearsOne('presence')
    await this.says(focusPresence, ...others, ownPresence())
    const conference = await joining
    await this.answer(await this.hearsOne('iq'), roomInfo)
    return conference
  }

  /** Time passes, and the server gives the signs of life that it is asked for. */
  async passes(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1000) {
      await this.clock.advance(Math.min(left, 1000))
      const said = this.socket.sent.splice(0)
      const pings = said.map((text) => parseXml(text)).filter((element) => child(element, 'ping', NS.ping))
      this.socket.sent.push(...said.filter((text) => !text.includes(NS.ping)))
      for (const ping of pings) await this.answer(ping)
    }
  }

  /** Result of a request of the client. */
  async answer(iq: XmlElement | undefined, payload = ''): Promise<void> {
    assert.ok(iq?.name === 'iq' && (iq.attrs.type === 'get' || iq.attrs.type === 'set'), 'no request to answer')
    await this.says(`<iq type="result" id="${iq.attrs.id}" from="${iq.attrs.to}">${payload}</iq>`)
  }

  async refuse(iq: XmlElement | undefined, condition: string): Promise<void> {
    assert.ok(iq, 'no request to refuse')
    const error = `<error type="cancel"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>`
    await this.says(`<iq type="error" id="${iq.attrs.id}" from="${iq.attrs.to}">${error}</iq>`)
  }
}

/** Jingle requests among what was heard, by action. */
export function jingles(heard: readonly XmlElement[]): { readonly iq: XmlElement; readonly jingle: XmlElement }[] {
  return heard.flatMap((iq) => childElements(iq, 'jingle').map((jingle) => ({ iq, jingle })))
}

export function track(kind: 'audio' | 'video', id: string): MediaStreamTrack & ScriptedTrack {
  return new ScriptedTrack(kind, id) as unknown as MediaStreamTrack & ScriptedTrack
}

export const loginFrames = [
  '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="meet.example" id="s1" version="1.0"/>',
  '<stream:features xmlns:stream="http://etherx.jabber.org/streams"><mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>ANONYMOUS</mechanism></mechanisms></stream:features>',
  '<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>',
  '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" from="meet.example" id="s2" version="1.0"/>',
  '<stream:features xmlns:stream="http://etherx.jabber.org/streams"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></stream:features>',
  `<iq type="result" id="bind-1" xmlns="jabber:client"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><jid>${aliceJid}</jid></bind></iq>`,
] as const

export const readyReply = `<conference xmlns="http://jitsi.org/protocol/focus" room="${room}" focusjid="focus@auth.meet.example" ready="true"/>`

const item = (affiliation: string, role: string, jid: string) =>
  `<item affiliation="${affiliation}" role="${role}" jid="${jid}"/>`
const mucUser = (content: string) => `<x xmlns="http://jabber.org/protocol/muc#user">${content}</x>`

export const focusPresence = `<presence from="${focus}" to="${aliceJid}">${mucUser(item('owner', 'moderator', 'focus@auth.meet.example/focus'))}</presence>`

export function ownPresence(role = 'moderator'): string {
  return `<presence from="${alice}" to="${aliceJid}">${mucUser(`${item('owner', role, aliceJid)}<status code="110"/>`)}</presence>`
}

export function bobPresence(payload = ''): string {
  const jid = 'bbbbbbbb-1111-4222-8333-444444444444@meet.example/Zz'
  return `<presence from="${bob}" to="${aliceJid}"><nick xmlns="http://jabber.org/protocol/nick">Bob</nick>${payload}${mucUser(item('none', 'participant', jid))}</presence>`
}

export const bobLeaves = `<presence type="unavailable" from="${bob}" to="${aliceJid}">${mucUser(item('none', 'none', ''))}</presence>`

const roomInfo = `<query xmlns="http://jabber.org/protocol/disco#info"><x xmlns="jabber:x:data" type="result"><field var="muc#roominfo_meetingId"><value>8c0f3a</value></field></x></query>`

const payloads = {
  audio:
    '<payload-type id="111" name="opus" clockrate="48000" channels="2"><parameter name="minptime" value="10"/><parameter name="useinbandfec" value="1"/><rtcp-fb xmlns="urn:xmpp:jingle:apps:rtp:rtcp-fb:0" type="transport-cc"/></payload-type>',
  video:
    '<payload-type id="100" name="VP8" clockrate="90000"><rtcp-fb xmlns="urn:xmpp:jingle:apps:rtp:rtcp-fb:0" type="nack" subtype="pli"/></payload-type><payload-type id="96" name="rtx" clockrate="90000"><parameter name="apt" value="100"/></payload-type>',
}

export function source(ssrc: number, name: string, msid: string, owner: string): string {
  return `<source xmlns="urn:xmpp:jingle:apps:rtp:ssma:0" ssrc="${ssrc}" name="${name}"><parameter name="msid" value="${msid}"/><ssrc-info xmlns="http://jitsi.org/jitmeet" owner="${owner}"/></source>`
}

/** The focus invites, with the bridge's sources and whatever else is given. */
export function sessionInitiate(sid: string, extra: { readonly audio?: string; readonly video?: string } = {}): string {
  const transport = `<transport xmlns="urn:xmpp:jingle:transports:ice-udp:1" ufrag="3b8f1" pwd="22charsOrMorePassword1"><rtcp-mux/><fingerprint xmlns="urn:xmpp:jingle:apps:dtls:0" hash="sha-256" setup="actpass">${Array(32).fill('CD').join(':')}</fingerprint><candidate component="1" foundation="1" generation="0" id="c1" network="0" ip="203.0.113.7" port="10000" priority="2130706431" protocol="udp" type="host"/><web-socket xmlns="http://jitsi.org/protocol/colibri" url="wss://meet.example/colibri-ws/jvb1/CONF/aaaaaaaa?pwd=${sid}"/></transport>`
  const content = (kind: 'audio' | 'video', ssrc: number) =>
    `<content creator="initiator" name="${kind}" senders="both"><description xmlns="urn:xmpp:jingle:apps:rtp:1" media="${kind}"><rtp-hdrext xmlns="urn:xmpp:jingle:apps:rtp:rtp-hdrext:0" id="5" uri="http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"/>${payloads[kind]}<rtcp-mux/>${source(ssrc, `jvb-${kind[0]}0`, `mixedmslabel mixedlabel${kind}0`, 'jvb')}${extra[kind] ?? ''}</description>${transport}</content>`
  return `<iq type="set" from="${focus}" to="${aliceJid}" id="${sid}-i"><jingle xmlns="urn:xmpp:jingle:1" action="session-initiate" sid="${sid}" initiator="${focus}">${content('audio', 1111111111)}${content('video', 1222222222)}<group xmlns="urn:xmpp:jingle:apps:grouping:0" semantics="BUNDLE"><content name="audio"/><content name="video"/></group><bridge-session xmlns="http://jitsi.org/protocol/focus" id="bs-17" region="eu"/></jingle></iq>`
}
