/**
 * How the focus gets into a room and makes it usable: it joins, which creates the room, opens the occupants' real
 * addresses to everybody, and learns the meeting id. Clients that asked for the room hear `ready` after all that, so
 * that they always meet the focus before the first offer.
 */
import { child, childElements, decodeOccupantItem, el, NS, textOf, type XmlElement } from '@parley/protocol'
import type { Core } from './core.ts'
import type { FocusPresence } from './focus-presence.ts'
import { describeError } from './stanzas.ts'

export const joinTimeoutMs = 10_000
const roomQueryTimeoutMs = 5_000

export interface RoomEntryEvents {
  readonly onOpen: () => void
  readonly onFailed: (why: string) => void
  /** The room was closed for everybody: by its owner, or because the server stops. */
  readonly onDestroyed: (why: string) => void
}

export class RoomEntry {
  readonly #core: Core
  readonly #presence: FocusPresence
  readonly #events: RoomEntryEvents
  #stage: 'outside' | 'joining' | 'inside' = 'outside'

  constructor(core: Core, presence: FocusPresence, events: RoomEntryEvents) {
    this.#core = core
    this.#presence = presence
    this.#events = events
  }

  get isStarted(): boolean {
    return this.#stage !== 'outside'
  }

  start(): void {
    if (this.#stage !== 'outside') return
    this.#stage = 'joining'
    this.#core.after('join', joinTimeoutMs, () => this.#events.onFailed('the room did not answer the join'))
    this.#presence.join()
  }

  /** A presence from the focus's own occupant address. */
  handleOwnPresence(presence: XmlElement): void {
    const { type } = presence.attrs
    if (type === 'error') {
      if (this.#stage === 'joining') this.#events.onFailed(`the room refused the join: ${describeError(presence)}`)
      else this.#core.log('warn', 'the room refused a presence', { error: describeError(presence) })
    } else if (type === 'unavailable') {
      // While joining this is the end of an earlier stay in a room of the same name.
      if (this.#stage !== 'inside') return
      const destroy = child(child(presence, 'x', NS.mucUser) ?? presence, 'destroy', NS.mucUser)
      if (destroy) this.#events.onDestroyed(textOf(child(destroy, 'reason', NS.mucUser)))
      else this.#events.onFailed('the focus was removed from the room')
    } else if (this.#stage === 'joining') {
      this.#stage = 'inside'
      this.#core.deadlines.clear('join')
      const isNew = decodeOccupantItem(presence)?.statusCodes.includes(201) ?? false
      this.#core.log('debug', 'focus joined', { isNew })
      this.#configure()
    }
  }

  #configure(): void {
    const { settings, requests } = this.#core
    const field = (name: string, value: string) =>
      el('field', NS.dataForms, { var: name }, el('value', NS.dataForms, {}, value))
    const form = el(
      'x',
      NS.dataForms,
      { type: 'submit' },
      field('FORM_TYPE', NS.mucRoomConfig),
      field('muc#roomconfig_whois', 'anyone'),
    )
    requests.send({
      type: 'set',
      to: settings.room,
      payload: el('query', NS.mucOwner, {}, form),
      timeoutMs: roomQueryTimeoutMs,
      onAnswer: (answer) => {
        if (answer?.attrs.type !== 'result') {
          this.#core.log('warn', 'room configuration failed', { error: answer ? describeError(answer) : 'no answer' })
        }
        this.#readRoom()
      },
    })
  }

  #readRoom(): void {
    const { settings, requests } = this.#core
    requests.send({
      type: 'get',
      to: settings.room,
      payload: el('query', NS.discoInfo),
      timeoutMs: roomQueryTimeoutMs,
      onAnswer: (answer) => {
        const meetingId = answer && meetingIdOf(answer)
        // A room service without meeting ids still gets its conferences told apart.
        if (!meetingId) this.#core.log('warn', 'room has no meeting id')
        this.#core.meetingId = meetingId || this.#core.settings.newId()
        this.#events.onOpen()
      },
    })
  }
}

function meetingIdOf(answer: XmlElement): string {
  const query = child(answer, 'query', NS.discoInfo)
  const form = query && child(query, 'x', NS.dataForms)
  const field = form && childElements(form, 'field').find(({ attrs }) => attrs.var === 'muc#roominfo_meetingId')
  const id = textOf(field && child(field, 'value')).trim()
  return id.length <= 128 ? id : ''
}
