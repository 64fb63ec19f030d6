/** The room's chat as one participant has it: sends, receives, remembers. */
import type { XmlElement } from '@parley/protocol'
import { ChatLog, decodeChat, encodeGroupChat, encodePrivateChat, maxTextLength } from '../chat.ts'
import type { ChatMessage } from '../chat-message.ts'
import { ClientError } from '../errors.ts'
import type { Platform } from '../platform.ts'
import type { StanzaPort } from './stanza-port.ts'

export interface RoomChatOptions {
  readonly platform: Platform
  readonly port: StanzaPort
  readonly room: string
  readonly localId: string
  /** Display name, `''` when unknown. */
  readonly nameOf: (id: string) => string
  readonly onMessage: (message: ChatMessage) => void
}

export class RoomChat {
  readonly #options: RoomChatOptions
  readonly #log = new ChatLog()

  constructor(options: RoomChatOptions) {
    this.#options = options
  }

  get messages(): readonly ChatMessage[] {
    return this.#log.messages
  }

  /** Returns the id. The line appears when the room sends it back. @throws ClientError `bad-argument`, `closed` */
  send(text: string): string {
    const id = this.#newId(text)
    this.#options.port.send(encodeGroupChat(this.#options.room, id, text))
    return id
  }

  /** Appears at once: unlike the room, a person does not send our line back. */
  sendPrivate(recipientId: string, text: string): string {
    const { platform, port, room, localId, nameOf } = this.#options
    const id = this.#newId(text)
    port.send(encodePrivateChat(room, recipientId, id, text))
    const common = { id, text, senderId: localId, senderName: nameOf(localId), isLocal: true, isPrivate: true }
    this.#add({ ...common, sentAt: platform.clock.wallTime(), recipientId })
    return id
  }

  handleMessage(nick: string, stanza: XmlElement): void {
    const { localId, nameOf, platform } = this.#options
    const message = decodeChat(nick, stanza, { localId, nameOf, wallTime: platform.clock.wallTime() })
    if (message) this.#add(message)
  }

  #add(message: ChatMessage): void {
    if (this.#log.add(message)) this.#options.onMessage(message)
  }

  #newId(text: string): string {
    if (text === '' || text.length > maxTextLength) {
      throw new ClientError('bad-argument', `a message has 1 to ${maxTextLength} characters, not ${text.length}`)
    }
    return this.#options.platform.randomUuid()
  }
}
