/** Asking the focus to open a room (protocol notes, 3.2), before entering it. */
import {
  child,
  childElements,
  decodeConferenceReply,
  el,
  encodeConferenceRequest,
  NS,
  textOf,
  type XmlElement,
} from '@parley/protocol'
import { BackOff } from './back-off.ts'
import { pause } from './deadline.ts'
import { ClientError } from './errors.ts'
import type { Clock } from './platform.ts'

export interface RoomRequest {
  /** Bare room address. */
  readonly room: string
  readonly focusDomain: string
  readonly machineUid: string
  readonly token: string | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Returns when the focus says that it is in the room. Asks again after 1, 2, 4 … 120 s while it says that it is not ready.
 * @throws ClientError `refused`, `timeout`, `protocol`, `aborted`, `closed`
 */
export async function openRoom(
  request: (iq: XmlElement, timeoutMs: number) => Promise<XmlElement>,
  clock: Clock,
  { room, focusDomain, machineUid, token, signal }: RoomRequest,
): Promise<void> {
  const backOff = new BackOff(1000, 120_000)
  const payload = encodeConferenceRequest({ room, machineUid, ...(token !== undefined && { token }), properties: {} })
  for (;;) {
    if (signal?.aborted) throw new ClientError('aborted', 'joining was given up', { cause: signal.reason })
    const answer = await request(el('iq', NS.client, { type: 'set', to: focusDomain }, payload), answerTimeoutMs)
    const reply = childElements(answer).map(decodeConferenceReply).find(Boolean)
    if (!reply) throw new ClientError('protocol', `${focusDomain} answered a conference request with something else`)
    if (reply.ready) return
    await pause(clock, backOff.next(), signal)
  }
}

/** Id of the meeting instance from the room's disco#info (protocol notes, 4.5). */
export function meetingIdOf(discoResult: XmlElement): string | undefined {
  const query = child(discoResult, 'query', NS.discoInfo)
  const form = query && child(query, 'x', NS.dataForms)
  const field = form && childElements(form, 'field').find(({ attrs }) => attrs.var === 'muc#roominfo_meetingId')
  return (field && textOf(child(field, 'value'))) || undefined
}

/** The focus creates the room first, which may take it a while. */
const answerTimeoutMs = 30_000
