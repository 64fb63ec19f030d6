/** A room that opens only to whom an owner has made a member (XEP-0045 §7.2.7). */
import { parseFormBoolean } from '../../data-form.ts'
import type { RoomFeatureFactory } from '../feature.ts'

export const membersOnly: RoomFeatureFactory = (room) => {
  let isMembersOnly = false
  return {
    admit: ({ affiliation }) =>
      isMembersOnly && affiliation === 'none'
        ? { condition: 'registration-required', text: 'The room is open to members only' }
        : undefined,
    mayStay: ({ bareJid }) => !isMembersOnly || room.affiliationOf(bareJid) !== 'none',
    features: () => [isMembersOnly ? 'muc_membersonly' : 'muc_open'],
    configFields: () => [
      { name: field, type: 'boolean', label: 'Open to members only', values: [isMembersOnly ? '1' : '0'] },
    ],
    checkConfig: (fields) => {
      const flag = fields.get(field)?.[0]
      if (flag === undefined || parseFormBoolean(flag) !== undefined) return undefined
      return { condition: 'bad-request', text: `${field} is 0 or 1` }
    },
    configure: (fields) => {
      const wanted = parseFormBoolean(fields.get(field)?.[0] ?? '') ?? isMembersOnly
      const hasChanged = wanted !== isMembersOnly
      isMembersOnly = wanted
      return hasChanged
    },
  }
}

const field = 'muc#roomconfig_membersonly'
