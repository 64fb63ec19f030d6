/**
 * An RTCPeerConnection without media: takes offers, makes a transceiver for each m-line, and answers with SSRCs of its own, the
 * way browsers do. Enough of the interface for `PeerSession`; the real one is exercised in Chromium.
 */
export class ScriptedTrack extends EventTarget {
  readonly kind: 'audio' | 'video'
  readonly id: string
  enabled = true

  constructor(kind: 'audio' | 'video', id: string) {
    super()
    this.kind = kind
    this.id = id
  }

  getSettings() {
    return this.kind === 'video' ? { width: 1280, height: 720 } : {}
  }

  /** The device is unplugged. */
  end(): void {
    this.dispatchEvent(new Event('ended'))
  }
}

export class ScriptedSender {
  track: ScriptedTrack | null = null
  parameters = { encodings: [{ active: true }] as Record<string, unknown>[] }

  async replaceTrack(track: ScriptedTrack | null): Promise<void> {
    this.track = track
  }

  getParameters() {
    return structuredClone(this.parameters)
  }

  async setParameters(parameters: { encodings: Record<string, unknown>[] }): Promise<void> {
    this.parameters = parameters
  }
}

interface ScriptedTransceiver {
  readonly mid: string
  direction: string
  readonly sender: ScriptedSender
  readonly receiver: { readonly track: ScriptedTrack }
}

export class ScriptedPeer {
  readonly transceivers: ScriptedTransceiver[] = []
  readonly offers: string[] = []
  connectionState = 'new'
  onconnectionstatechange: (() => void) | null = null
  localDescription: { readonly sdp: string } | null = null
  isClosed = false
  /** Set to make offers wait for it. */
  busy: Promise<void> | undefined
  /** Set to make the next offer fail. */
  refuseNext: string | undefined

  async setRemoteDescription({ sdp }: { readonly sdp: string }): Promise<void> {
    if (this.refuseNext) {
      const message = this.refuseNext
      this.refuseNext = undefined
      throw new Error(message)
    }
    this.offers.push(sdp)
    await this.busy
    for (const { mid, kind } of sections(sdp)) {
      if (this.transceivers.some((transceiver) => transceiver.mid === mid)) continue
      const receiver = { track: new ScriptedTrack(kind, `remote-${mid}`) }
      this.transceivers.push({ mid, direction: 'recvonly', sender: new ScriptedSender(), receiver })
    }
  }

  async createAnswer(): Promise<{ readonly type: 'answer'; readonly sdp: string }> {
    const offer = this.offers.at(-1) ?? ''
    return {
      type: 'answer',
      sdp: [...answerHead, ...sections(offer).flatMap((section) => this.#answer(section))].join('\r\n'),
    }
  }

  async setLocalDescription(description: { readonly sdp: string }): Promise<void> {
    this.localDescription = description
  }

  getTransceivers(): readonly ScriptedTransceiver[] {
    return this.transceivers
  }

  async getStats(): Promise<Map<string, unknown>> {
    return new Map()
  }

  close(): void {
    this.isClosed = true
  }

  become(state: string): void {
    this.connectionState = state
    this.onconnectionstatechange?.()
  }

  senderOf(mid: string): ScriptedSender {
    const transceiver = this.transceivers.find((candidate) => candidate.mid === mid)
    if (!transceiver) throw new Error(`no transceiver ${mid}`)
    return transceiver.sender
  }

  #answer({ mid, kind, lines, offered }: Section): string[] {
    const wanted = this.transceivers.find((transceiver) => transceiver.mid === mid)?.direction ?? 'inactive'
    const sends = /sendrecv|recvonly/.test(offered) && /sendrecv|sendonly/.test(wanted)
    const receives = /sendrecv|sendonly/.test(offered) && /sendrecv|recvonly/.test(wanted)
    const direction = sends ? (receives ? 'sendrecv' : 'sendonly') : receives ? 'recvonly' : 'inactive'
    const ssrc = 5_000_000 + Number(mid) * 10
    const streams =
      kind === 'video'
        ? [`a=ssrc-group:FID ${ssrc} ${ssrc + 1}`, `a=ssrc:${ssrc} cname:c`, `a=ssrc:${ssrc + 1} cname:c`]
        : [`a=ssrc:${ssrc} cname:c`]
    const kept = lines.filter((line) => /^(m=|a=(rtpmap|fmtp|rtcp-fb|extmap:|mid))/.test(line))
    return [
      ...kept,
      'a=ice-ufrag:uuuu',
      'a=ice-pwd:pppppppppppppppppppppp',
      fingerprint,
      'a=setup:active',
      `a=${direction}`,
      ...(sends ? streams : []),
    ]
  }
}

interface Section {
  readonly mid: string
  readonly kind: 'audio' | 'video'
  readonly offered: string
  readonly lines: readonly string[]
}

function sections(sdp: string): Section[] {
  return sdp
    .split(/^(?=m=)/m)
    .slice(1)
    .map((text) => {
      const lines = text.trim().split('\r\n')
      return {
        lines,
        kind: lines[0]?.startsWith('m=audio') ? 'audio' : 'video',
        mid: lines.find((line) => line.startsWith('a=mid:'))?.slice(6) ?? '',
        offered: lines.find((line) => /^a=(sendrecv|sendonly|recvonly|inactive)$/.test(line))?.slice(2) ?? 'sendrecv',
      }
    })
}

const fingerprint = `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`
const answerHead = ['v=0', 'o=- 2 1 IN IP4 127.0.0.1', 's=-', 't=0 0']
