/** A room that opens to whoever knows its password (XEP-0045 §7.2.6). */
import { parseFormBoolean } from '../../data-form.ts'
import type { RoomFeatureFactory } from '../feature.ts'

export const passwordLock: RoomFeatureFactory = (room) => {
  let secret = ''
  return {
    admit: ({ password, bareJid }) =>
      secret === '' || password === secret || room.isCreator(bareJid)
        ? undefined
        : { condition: 'not-authorized', text: 'The room needs a password' },
    features: () => [secret === '' ? 'muc_unsecured' : 'muc_passwordprotected'],
    configFields: () => [
      { name: flagField, type: 'boolean', label: 'Locked by a password', values: [secret === '' ? '0' : '1'] },
      { name: secretField, type: 'text-private', label: 'Password', values: [secret] },
    ],
    checkConfig: (fields) => {
      const flag = fields.get(flagField)?.[0]
      const isLocked = flag === undefined ? undefined : parseFormBoolean(flag)
      if (flag !== undefined && isLocked === undefined)
        return { condition: 'bad-request', text: `${flagField} is 0 or 1` }
      const wanted = fields.get(secretField)?.[0] ?? secret
      if (wanted.length > 256) return { condition: 'not-acceptable', text: 'A password has at most 256 characters' }
      if (isLocked && wanted === '') return { condition: 'not-acceptable', text: 'A lock needs a password' }
      return undefined
    },
    configure: (fields) => {
      const before = secret
      const flag = fields.get(flagField)?.[0]
      secret = fields.get(secretField)?.[0] ?? secret
      if (flag !== undefined && !parseFormBoolean(flag)) secret = ''
      return secret !== before
    },
  }
}

const flagField = 'muc#roomconfig_passwordprotectedroom'
const secretField = 'muc#roomconfig_roomsecret'
