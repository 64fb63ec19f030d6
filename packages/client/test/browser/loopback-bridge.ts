/**
 * Runs in the browser: a `PeerSession` against a second peer connection that plays the bridge. The bridge's own offers are
 * read only for transport and SSRCs; what `PeerSession` gets is Jingle data, what the bridge gets is the answer's SDP.
 */
import type { MediaDescription, SessionInitiate, SourceSet } from '@parley/protocol'
import { createBrowserPlatform } from '../../src/io/browser-platform.ts'
import { PeerSession } from '../../src/io/peer-session.ts'
import type { RemoteSource } from '../../src/remote-source.ts'
import { parseAnswer } from '../../src/sdp-answer.ts'

const extensions = [
  'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
]

/** A moving picture, `width` × `height`. */
export function canvasTrack(width: number, height: number): MediaStreamTrack {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d')
  let turn = 0
  setInterval(() => {
    if (!context) return
    context.fillStyle = `hsl(${(turn += 7) % 360} 80% 50%)`
    context.fillRect(0, 0, width, height)
    context.fillStyle = '#fff'
    context.fillRect((turn * 3) % width, 0, 40, height)
  }, 50)
  const [track] = canvas.captureStream(20).getVideoTracks()
  if (!track) throw new Error('the canvas has no track')
  return track
}

export class LoopbackBridge {
  readonly peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
  readonly session: Promise<PeerSession>
  readonly tracks = new Map<string, MediaStreamTrack>()
  readonly states: string[] = []
  readonly warnings: string[] = []

  constructor() {
    this.session = this.#start()
  }

  /** Bridge and client agree on everything changed so far. */
  async renegotiate(): Promise<{ answer: ReturnType<typeof parseAnswer>; sdp: string }> {
    const session = await this.session
    await this.peer.setLocalDescription(await this.peer.createOffer())
    const answer = await session.negotiate()
    const sdp = session.peer.localDescription?.sdp ?? ''
    await this.peer.setRemoteDescription({ type: 'answer', sdp })
    return { answer, sdp }
  }

  /** The bridge sends `track` on a new line of its own; what the focus would signal for it. */
  async addSource(name: string, track: MediaStreamTrack): Promise<RemoteSource> {
    const transceiver = this.peer.addTransceiver(track, { direction: 'sendonly' })
    await this.peer.setLocalDescription(await this.peer.createOffer())
    const sections = (this.peer.localDescription?.sdp ?? '').split('\r\nm=')
    const section = sections.find((text) => text.includes(`a=mid:${transceiver.mid}\r\n`)) ?? ''
    const ssrcs = [...new Set([...section.matchAll(/a=ssrc:(\d+)/g)].map((match) => Number(match[1])))]
    const kind = track.kind === 'audio' ? 'audio' : 'video'
    const groups = ssrcs.length === 2 ? [{ semantics: 'FID' as const, ssrcs }] : []
    return { name, ownerId: name.split('-')[0] ?? '', kind, ssrcs, groups }
  }

  async #start(): Promise<PeerSession> {
    this.peer.addTransceiver('audio', { direction: 'sendrecv' })
    this.peer.addTransceiver('video', { direction: 'sendrecv' })
    await this.peer.setLocalDescription(await this.peer.createOffer())
    await new Promise<void>((resolve) => {
      const check = () => this.peer.iceGatheringState === 'complete' && resolve()
      this.peer.addEventListener('icegatheringstatechange', check)
      check()
    })
    const sdp = this.peer.localDescription?.sdp ?? ''
    const offered = parseAnswer(sdp)
    const media: MediaDescription[] = offered.sections.map(({ kind, payloadTypes, headerExtensions }) => {
      const wanted = payloadTypes.filter(({ name, parameters }) => {
        return /^(opus|VP8)$/.test(name) || (name === 'rtx' && parameters.apt === vp8Id(payloadTypes))
      })
      // under the ids of the bridge's own offer, which must not change either
      const known = headerExtensions.filter(({ uri }) => extensions.includes(uri))
      return { kind, payloadTypes: wanted, headerExtensions: known }
    })
    const ssrc = (ssrc: number, name: string, msid: string) => ({ ssrc, name, msid })
    const bridgeSources: SourceSet = {
      audio: [ssrc(1111111111, 'jvb-a0', 'mixedmslabel mixedlabelaudio0')],
      video: [ssrc(1222222222, 'jvb-v0', 'mixedmslabel mixedlabelvideo0')],
      groups: [],
    }
    const offer: SessionInitiate = {
      action: 'session-initiate',
      sid: 's1',
      initiator: 'r@muc/focus',
      media,
      transport: {
        ufrag: offered.ufrag,
        pwd: offered.pwd,
        fingerprints: [{ ...offered.fingerprint, setup: 'actpass' }],
        candidates: [...sdp.matchAll(/a=candidate:(\S+) (\d) (udp) (\d+) (\S+) (\d+) typ host/gi)].map((match) => ({
          foundation: match[1] ?? '',
          component: Number(match[2]),
          protocol: 'udp' as const,
          priority: Number(match[4]),
          ip: match[5] ?? '',
          port: Number(match[6]),
          type: 'host' as const,
        })),
        webSocketUrls: [],
      },
      sources: new Map([['jvb', bridgeSources]]),
    }
    return new PeerSession({
      platform: createBrowserPlatform(),
      offer,
      endpointId: 'aaaaaaaa',
      codec: 'vp8',
      audio: {},
      onStateChanged: (state) => this.states.push(state),
      onRemoteTrack: (source, track) => this.tracks.set(source.name, track),
      onWarning: (message, cause) => this.warnings.push(`${message}: ${String(cause)}`),
    })
  }
}

function vp8Id(payloadTypes: MediaDescription['payloadTypes']): string {
  return String(payloadTypes.find((payload) => payload.name === 'VP8')?.id)
}
