/**
 * Nobody enters a room before its focus: the presence of the focus must precede everything it sends. Refused clients repeat
 * the conference request, which brings the focus in, and then the join.
 */
import { el, NS } from '@parley/protocol'
import type { StanzaError } from '../../stanza-error.ts'
import type { RoomFeatureFactory } from '../feature.ts'

export function focusFirst(focusNick: string): RoomFeatureFactory {
  return (room) => ({
    admit({ bareJid }) {
      return room.isCreator(bareJid) || room.occupantByNick(focusNick) ? undefined : roomDoesNotExist
    },
  })
}

/** Also the answer to whoever would create a room and may not. The stock client reacts to the text or to the detail. */
export const roomDoesNotExist: StanzaError = {
  condition: 'not-allowed',
  text: 'Room creation is restricted',
  detail: el('room-does-not-exist', NS.jitmeet),
}
