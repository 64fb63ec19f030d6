/**
 * Media of a conference over time: waits for the focus to invite us, holds the one current session and its bridge channel, and
 * gets a new session when the path to the bridge is lost.
 *
 *   waiting ── session-initiate ─▶ connecting ─▶ connected ⇄ interrupted ⟲ ICE restart in place, where enabled
 *      ▲                              ▲              │ failed for 2 s
 *      └── session-terminate          └─ initiate ── restarting ── no way ─▶ onGivenUp
 */
import {
  type BridgeColibriMessage,
  type ClientColibriMessage,
  decodeJingle,
  JingleError,
  type JingleMessage,
  offerLimits,
  type SessionInitiate,
  type XmlElement,
} from '@parley/protocol'
import { BackOff } from '../back-off.ts'
import type { AudioSettings } from '../audio-settings.ts'
import { ClientError } from '../errors.ts'
import type { MediaState } from '../events.ts'
import type { LocalRole, LocalSource } from '../local-media.ts'
import type { Platform } from '../platform.ts'
import type { VideoCodec } from '../video-codec.ts'
import type { RemoteSource } from '../remote-source.ts'
import { BridgeChannel } from './bridge-channel.ts'
import { JingleSession } from './jingle-session.ts'

export interface MediaAgentOptions {
  readonly platform: Platform
  readonly endpointId: string
  readonly audio: AudioSettings
  /** Occupant address of the focus, whose word alone counts. */
  readonly focus: string
  readonly responder: string
  readonly request: (iq: XmlElement, timeoutMs: number) => Promise<XmlElement>
  readonly localSource: (role: LocalRole) => LocalSource
  readonly videoCodec: () => VideoCodec
  readonly isPresent: (ownerId: string) => boolean
  readonly greeting: () => readonly ClientColibriMessage[]
  /** Try an ICE restart in place before a new session. */
  readonly restartsIce: boolean
  readonly onState: (state: MediaState) => void
  readonly onRemoteTrack: (source: RemoteSource, track: MediaStreamTrack) => void
  readonly onRemoteGone: (name: string) => void
  /** The session is over, and every source of others with it. */
  readonly onSessionEnded: () => void
  /** The offer says to start muted. */
  readonly onStartMuted: (kinds: { readonly audio: boolean; readonly video: boolean }) => void
  readonly onBridgeMessage: (message: BridgeColibriMessage) => void
  readonly onWarning: (message: string, cause: unknown) => void
  readonly onGivenUp: (error: ClientError) => void
}

export class MediaAgent {
  readonly #options: MediaAgentOptions
  readonly #restartBackOff = new BackOff(firstRestartMs, 60_000)
  #session: JingleSession | undefined
  #channel: BridgeChannel | undefined
  #state: MediaState = 'waiting'
  #failures = 0
  #hadSession = false
  #isRestartingIce = false
  #isClosed = false
  #cancelTimer: (() => void) | undefined

  constructor(options: MediaAgentOptions) {
    this.#options = options
  }

  get state(): MediaState {
    return this.#state
  }

  get session(): JingleSession | undefined {
    return this.#session
  }

  /**
   * A request from the focus. Returns when it is understood; the work goes on.
   * @throws JingleError with the condition to answer
   */
  handleJingle(jingle: XmlElement): void {
    const message: JingleMessage = decodeJingle(jingle, { sender: 'focus', limits: offerLimits })
    if (message.action === 'session-initiate') return this.#handleInitiate(message)
    const session = this.#session
    if (!session || session.sid !== message.sid) {
      throw new JingleError('item-not-found', `no session ${message.sid}`)
    }
    switch (message.action) {
      case 'source-add':
        return session.addSources(message.sources)
      case 'source-remove':
        return session.removeSources(message.sources)
      case 'session-terminate':
        this.#endSession()
        return this.#setState('waiting')
      case 'transport-info':
        // without new credentials it says nothing: the bridge's candidates are all in the offer
        session.restartIce(message).catch((error) => this.#recover(session, error))
        return
      case 'session-info':
        return
      default:
        throw new JingleError('bad-request', `${message.action} makes no sense here`)
    }
  }

  /** Lost when there is no channel; what must not be lost is in the greeting. */
  sendToBridge(message: ClientColibriMessage): boolean {
    return this.#channel?.send(message) ?? false
  }

  /** Leave: tell the focus, do not wait. Idempotent. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    // the focus sees us leave the room anyway
    this.#session?.terminate('success', undefined, false).catch(() => undefined)
    this.#endSession()
  }

  #handleInitiate(offer: SessionInitiate): void {
    if (this.#session?.sid === offer.sid)
      throw new JingleError('not-acceptable', `session ${offer.sid} has begun already`)
    if (offer.media.length === 0) throw new JingleError('bad-request', 'the offer has neither audio nor video')
    this.#endSession()
    // a policy for newcomers: somebody who spoke already is not muted by a restart
    if (offer.startMuted && !this.#hadSession) this.#options.onStartMuted(offer.startMuted)
    this.#hadSession = true
    const session: JingleSession = new JingleSession({
      ...this.#options,
      offer,
      onStateChanged: (state) => this.#handlePeerState(session, state),
      onBroken: (error) => this.#recover(session, error),
    })
    this.#session = session
    this.#setState('connecting')
    this.#openChannel(offer)
    session.start().catch((error) => this.#recover(session, error))
  }

  #openChannel(offer: SessionInitiate): void {
    const [url] = offer.transport.webSocketUrls
    const { platform, greeting, onBridgeMessage, onWarning } = this.#options
    if (url === undefined) {
      return onWarning('the offer names no bridge channel: expect no video and no active speaker', undefined)
    }
    this.#channel = new BridgeChannel({ platform, url, greeting, onMessage: onBridgeMessage, onWarning })
  }

  #handlePeerState(session: JingleSession, state: RTCPeerConnectionState): void {
    // once a new session is asked for, this one may come back as it likes: the focus has ended it
    if (session !== this.#session || this.#state === 'restarting') return
    if (state === 'connected') {
      this.#failures = 0
      this.#restartBackOff.reset()
      this.#isRestartingIce = false
      this.#cancelTimer?.()
      this.#setState('connected')
    } else if (state === 'disconnected' || state === 'failed') {
      this.#setState('interrupted')
      if (this.#isRestartingIce) return
      if (this.#options.restartsIce) this.#schedule(settleMs, () => this.#restartIce(session))
      else if (state === 'failed') this.#schedule(settleMs, () => this.#recover(session, iceFailed()))
    }
  }

  /** The path is lost, the session is not: new ICE credentials on both sides. Else a new session. */
  #restartIce(session: JingleSession): void {
    this.#isRestartingIce = true
    this.#schedule(iceRestartMs, () => this.#recover(session, iceFailed()))
    session.requestIceRestart().catch((refusal) => {
      if (this.#isRestartingIce) this.#recover(session, refusal)
    })
  }

  /** The session is of no use any more: ask the focus for another (protocol notes, 5.8). */
  #recover(session: JingleSession, error: unknown): void {
    if (session !== this.#session || this.#isClosed) return
    this.#isRestartingIce = false
    this.#options.onWarning('the media session failed', error)
    if (++this.#failures > maxFailures) {
      return this.#giveUp('the connection to the media bridge cannot be established', error)
    }
    this.#setState('restarting')
    session.terminate('connectivity-error', 'ICE FAILED', true).then(
      () => this.#awaitOffer(session),
      (refusal: ClientError) => this.#retryRestart(session, refusal),
    )
  }

  #awaitOffer(session: JingleSession): void {
    if (session !== this.#session) return
    this.#schedule(offerTimeoutMs, () => {
      if (session !== this.#session) return
      this.#giveUp('the server did not start a new media session', undefined)
    })
  }

  /** The focus limits how often it starts anew; what else it refuses it will refuse again. */
  #retryRestart(session: JingleSession, refusal: ClientError): void {
    if (session !== this.#session || this.#isClosed) return
    if (refusal.condition !== 'resource-constraint' && refusal.reason !== 'timeout') {
      return this.#giveUp('the server refused a new media session', refusal)
    }
    this.#schedule(this.#restartBackOff.next(), () => this.#recover(session, refusal))
  }

  #giveUp(message: string, cause: unknown): void {
    this.#endSession()
    this.#options.onGivenUp(new ClientError('media', message, { cause }))
  }

  #endSession(): void {
    this.#cancelTimer?.()
    this.#channel?.close()
    this.#channel = undefined
    this.#isRestartingIce = false
    const session = this.#session
    this.#session = undefined
    session?.close()
    if (session) this.#options.onSessionEnded()
  }

  #setState(state: MediaState): void {
    if (state === this.#state) return
    this.#state = state
    this.#options.onState(state)
  }

  /** One thing is waited for at a time. */
  #schedule(delayMs: number, then: () => void): void {
    this.#cancelTimer?.()
    this.#cancelTimer = this.#options.platform.clock.setTimer(delayMs, then)
  }
}

function iceFailed(): ClientError {
  return new ClientError('media', 'ICE FAILED')
}

/** A failed path sometimes comes back by itself. */
const settleMs = 2000
/** From the wish for an ICE restart to being connected again. */
const iceRestartMs = 15_000
/** The focus starts at most one session in this time. */
const firstRestartMs = 5000
const offerTimeoutMs = 20_000
/** In a row, without having been connected between them. */
const maxFailures = 5
