/** Jingle requests of clients to the focus, each answered once (protocol notes 5.4 to 5.8). */
import {
  decodeJingle,
  isEmptySourceSet,
  JingleError,
  ownSources,
  type SessionAccept,
  type SessionTerminate,
  type SourceChange,
  type SourceSet,
  subtractSources,
  type XmlElement,
} from '@parley/protocol'
import type { Core } from './core.ts'
import { IceRestarts } from './ice-restarts.ts'
import type { Invitations } from './invitations.ts'
import type { Member, Session } from './member.ts'
import type { SourceFanout } from './source-fanout.ts'
import { addSources, namedForRemoval } from './source-validation.ts'
import { errorFor, resultFor, unknownSession } from './stanzas.ts'

export class ClientJingle {
  readonly #core: Core
  readonly #fanout: SourceFanout
  readonly #invitations: Invitations
  readonly #iceRestarts: IceRestarts

  constructor(core: Core, fanout: SourceFanout, invitations: Invitations) {
    this.#core = core
    this.#fanout = fanout
    this.#invitations = invitations
    this.#iceRestarts = new IceRestarts(core, invitations)
  }

  handle(member: Member, request: XmlElement, jingle: XmlElement): void {
    try {
      this.#handle(member, request, jingle)
    } catch (error) {
      if (!(error instanceof JingleError)) throw error
      this.#core.log('info', 'jingle request refused', {
        endpoint: member.endpointId,
        reason: error.reason,
        cause: error.message,
      })
      this.#core.send(errorFor(request, error.reason, error.message))
    }
  }

  #handle(member: Member, request: XmlElement, jingle: XmlElement): void {
    const { session } = member
    if (!session || session.state === 'allocating' || jingle.attrs.sid !== session.sid) {
      this.#core.send(unknownSession(request))
      return
    }
    const message = decodeJingle(jingle, { sender: member.endpointId })
    switch (message.action) {
      case 'session-accept':
        return this.#accept(member, session, request, message)
      case 'source-add':
      case 'source-remove':
        return this.#changeSources(member, session, request, message)
      case 'session-terminate':
        return this.#terminate(member, session, request, message)
      case 'session-info':
        if (message.iceRestart) return this.#iceRestarts.handleWish(member, session, request, message)
        return this.#core.send(resultFor(request))
      case 'transport-info':
        return this.#iceRestarts.handleAnswer(member, session, request, message)
      case 'session-initiate':
        throw new JingleError('feature-not-implemented', 'sessions are offered by the focus only')
    }
  }

  #accept(member: Member, session: Session, request: XmlElement, answer: SessionAccept): void {
    if (session.state !== 'offered') {
      this.#core.send(errorFor(request, 'unexpected-request', 'the session is accepted already'))
      return
    }
    const sources = this.#withAdded(member, answer.sources)
    // At once: until then the client holds back everything that follows.
    this.#core.send(resultFor(request))
    member.sources = sources
    this.#invitations.accept(member, session, answer)
    this.#fanout.set(member, sources)
  }

  #changeSources(member: Member, session: Session, request: XmlElement, change: SourceChange): void {
    if (session.state !== 'active') {
      this.#core.send(errorFor(request, 'unexpected-request', 'the session is not accepted yet'))
      return
    }
    if (change.action === 'source-add' && !member.sourceAdditions.take(this.#core.now)) {
      throw new JingleError('resource-constraint', 'too many new sources')
    }
    const named = ownSources(change.sources, member.endpointId)
    const sources =
      change.action === 'source-add'
        ? this.#withAdded(member, named)
        : subtractSources(member.sources, namedForRemoval(member.sources, named))
    this.#core.send(resultFor(request))
    this.#fanout.set(member, sources)
    this.#invitations.updateEndpoint(member)
  }

  #withAdded(member: Member, added: SourceSet): SourceSet {
    if (isEmptySourceSet(added) && added.groups.length === 0) return member.sources
    if (member.role === 'visitor' || member.role === 'none') {
      throw new JingleError('forbidden', 'visitors may not send media')
    }
    const others = [...this.#core.members.values()].filter((other) => other !== member).map((other) => other.sources)
    if (this.#core.bridgeSources) others.push(this.#core.bridgeSources)
    return addSources({ endpointId: member.endpointId, own: member.sources, others }, added)
  }

  #terminate(member: Member, session: Session, request: XmlElement, end: SessionTerminate): void {
    if (end.bridgeSession && end.bridgeSession.id !== session.bridgeSessionId) {
      this.#core.send(unknownSession(request))
      return
    }
    const wantsRestart = end.bridgeSession?.restart === true
    const cause = end.text ?? end.reason
    if (wantsRestart && !member.restarts.take(this.#core.now)) {
      this.#core.log('warn', 'restart refused', { endpoint: member.endpointId, cause })
      this.#core.send(errorFor(request, 'resource-constraint', 'too many restarts'))
      return
    }
    this.#core.log('info', 'session ended by client', { endpoint: member.endpointId, cause, wantsRestart })
    this.#core.send(resultFor(request))
    member.isInvitable = wantsRestart
    this.#invitations.end(member)
    this.#invitations.update()
  }
}
