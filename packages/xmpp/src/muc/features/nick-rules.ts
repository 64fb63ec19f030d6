/** Nicks become endpoint ids in source names and addresses, so they are plain words, and some belong to the server. */
import type { RoomFeatureFactory } from '../feature.ts'

export interface NickRules {
  /** Only creators of rooms may use these, whatever their case. */
  readonly reserved: readonly string[]
}

export function nickRules({ reserved }: NickRules): RoomFeatureFactory {
  const taken = new Set(reserved.map((nick) => nick.toLowerCase()))
  return (room) => ({
    admit({ nick, bareJid }) {
      if (!nickPattern.test(nick)) {
        return { condition: 'not-allowed', text: 'A nick is 1 to 64 letters, digits and underscores' }
      }
      if (taken.has(nick.toLowerCase()) && !room.isCreator(bareJid)) {
        return { condition: 'not-allowed', text: `The nick "${nick}" is reserved` }
      }
      return undefined
    },
  })
}

const nickPattern = /^[a-zA-Z0-9][a-zA-Z0-9_]{0,63}$/
