/**
 * Somebody is always owner, and so moderator: the first participant, and when the last owner leaves whoever is there
 * longest.
 */
import { bareJid, el, NS, parseJid } from '@parley/protocol'
import type { Core } from './core.ts'
import { isOwner } from './member.ts'
import { describeError } from './stanzas.ts'

const grantTimeoutMs = 10_000

export class Ownership {
  readonly #core: Core
  /** Endpoint that is being promoted; one at a time. */
  #granting: string | undefined
  /** Endpoints the room would not promote; asked once. */
  readonly #refused = new Set<string>()

  constructor(core: Core) {
    this.#core = core
  }

  /** To be called when somebody came, left or changed. */
  update(): void {
    const { members, settings, requests, isOpen } = this.#core
    for (const id of this.#refused) if (!members.has(id)) this.#refused.delete(id)
    if (!isOpen || this.#granting !== undefined) return
    if ([...members.values()].some(isOwner)) return
    const heir = [...members.values()].find((m) => m.realJid !== '' && !this.#refused.has(m.endpointId))
    const jid = heir && parseJid(heir.realJid)
    if (!heir || !jid) return
    this.#granting = heir.endpointId
    requests.send({
      type: 'set',
      to: settings.room,
      payload: el('query', NS.mucAdmin, {}, el('item', NS.mucAdmin, { affiliation: 'owner', jid: bareJid(jid) })),
      timeoutMs: grantTimeoutMs,
      onAnswer: (answer) => {
        this.#granting = undefined
        if (answer?.attrs.type === 'result') heir.affiliation = 'owner'
        else {
          this.#refused.add(heir.endpointId)
          const error = answer ? describeError(answer) : 'no answer'
          this.#core.log('warn', 'owner could not be granted', { endpoint: heir.endpointId, error })
        }
        this.update()
      },
    })
  }
}
