/**
 * Somebody is always owner, and so moderator: the first participant, and when the last owner leaves whoever is there
 * longest.
 */
import { bareJid, el, NS, parseJid, type XmlElement } from '@parley/protocol'
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
  /** Bare addresses that we made owners, by endpoint. */
  readonly #granted = new Map<string, string>()

  constructor(core: Core) {
    this.#core = core
  }

  /** To be called when somebody came, left or changed. */
  update(): void {
    const { members, settings, requests, isOpen } = this.#core
    for (const id of this.#refused) if (!members.has(id)) this.#refused.delete(id)
    this.#revokeAbsent()
    if (!isOpen || this.#granting !== undefined) return
    if ([...members.values()].some(isOwner)) return
    const heir = [...members.values()].find((m) => m.realJid !== '' && !this.#refused.has(m.endpointId))
    const jid = heir && parseJid(heir.realJid)
    if (!heir || !jid) return
    this.#granting = heir.endpointId
    requests.send({
      type: 'set',
      to: settings.room,
      payload: affiliate('owner', bareJid(jid)),
      timeoutMs: grantTimeoutMs,
      onAnswer: (answer) => {
        this.#granting = undefined
        if (answer?.attrs.type === 'result') {
          heir.affiliation = 'owner'
          this.#granted.set(heir.endpointId, bareJid(jid))
        } else {
          this.#refused.add(heir.endpointId)
          const error = answer ? describeError(answer) : 'no answer'
          this.#core.log('warn', 'owner could not be granted', { endpoint: heir.endpointId, error })
        }
        this.update()
      },
    })
  }

  /**
   * What we gave ends with the stay. An anonymous owner never comes back under the same address, and a room that never
   * empties would remember all of them, until it can remember no more.
   */
  #revokeAbsent(): void {
    const { members, settings, requests } = this.#core
    for (const [id, jid] of this.#granted) {
      if (members.has(id)) continue
      this.#granted.delete(id)
      // the room of the last one to leave ends by itself
      if (members.size > 0) requests.sendUnanswered('set', settings.room, affiliate('none', jid))
    }
  }
}

function affiliate(affiliation: 'owner' | 'none', jid: string): XmlElement {
  return el('query', NS.mucAdmin, {}, el('item', NS.mucAdmin, { affiliation, jid }))
}
