/**
 * ICE restarts in place: the session goes on, media too, and both sides take new credentials (protocol notes 5.8).
 *
 *   client ── session-info ice-restart ──▶ focus ── restartIce ──▶ bridge
 *   client ◀─ transport-info, generation n ─ focus ◀─ new side ────┘
 *   client ── transport-info, generation n ▶ focus ── updateEndpoint ▶ bridge
 */
import {
  encodeTransportInfo,
  JingleError,
  type SessionInfo,
  type TransportDescription,
  type TransportInfo,
  type XmlElement,
} from '@parley/protocol'
import type { Core } from './core.ts'
import type { Invitations } from './invitations.ts'
import type { Member, Session } from './member.ts'
import { errorFor, resultFor, unknownSession } from './stanzas.ts'

export class IceRestarts {
  readonly #core: Core
  readonly #invitations: Invitations

  constructor(core: Core, invitations: Invitations) {
    this.#core = core
    this.#invitations = invitations
  }

  /** The client's wish. Whatever is answered with an error makes the client ask for a whole new session. */
  handleWish(member: Member, session: Session, request: XmlElement, info: SessionInfo): void {
    if (info.iceRestart?.bridgeSessionId !== session.bridgeSessionId) return this.#core.send(unknownSession(request))
    if (session.state !== 'active') {
      return this.#core.send(errorFor(request, 'unexpected-request', 'the session is not accepted yet'))
    }
    if (!member.iceRestarts.take(this.#core.now)) {
      return this.#core.send(errorFor(request, 'resource-constraint', 'too many ICE restarts'))
    }
    this.#core.endpoints.restartIce(this.#core.address(member), (outcome) => {
      if (member.session !== session || outcome.kind !== 'done') {
        this.#core.send(errorFor(request, 'item-not-found', 'the bridge cannot restart ICE here'))
        return
      }
      this.#core.send(resultFor(request))
      this.#offer(member, session, outcome.value)
    })
  }

  /** The client's side of a restart. Candidates alone tell nothing: the bridge learns addresses from checks. */
  handleAnswer(member: Member, session: Session, request: XmlElement, info: TransportInfo): void {
    const answer = info.contents.find(({ ufrag, pwd }) => ufrag !== undefined && pwd !== undefined)
    const isCurrent = answer?.iceGeneration === session.iceGeneration && session.iceGeneration > 0
    if (answer && isCurrent && session.transport) {
      const { ufrag = '', pwd = '' } = answer
      if (!/^[A-Za-z0-9+/=_-]{4,256}$/.test(ufrag) || !/^[A-Za-z0-9+/=_-]{22,256}$/.test(pwd)) {
        throw new JingleError('bad-request', 'transport has no valid ufrag and pwd')
      }
      session.transport = { ...session.transport, ufrag, pwd }
      this.#invitations.updateEndpoint(member, { transport: session.transport })
      this.#core.log('info', 'ICE restarted', { endpoint: member.endpointId, generation: session.iceGeneration })
    }
    this.#core.send(resultFor(request))
  }

  #offer(member: Member, session: Session, { ufrag, pwd, candidates }: TransportDescription): void {
    const iceGeneration = ++session.iceGeneration
    const { sid, media } = session
    const contents = media.map(({ kind }) => ({ name: kind, ufrag, pwd, candidates, iceGeneration }))
    this.#core.requests.sendUnanswered(
      'set',
      member.jid,
      encodeTransportInfo({ action: 'transport-info', sid, initiator: this.#core.ownJid, contents }),
    )
  }
}
