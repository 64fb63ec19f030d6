/** A line of chat. */

export interface ChatMessage {
  /** Given by the sender; unique enough to be a key together with `senderId`. */
  readonly id: string
  /** {@link Participant.id}; `''` for a notice from the room itself. */
  readonly senderId: string
  /** The name at the time of writing, so that it survives the sender's leaving. */
  readonly senderName: string
  readonly text: string
  /** ms since 1970: the server's stamp for replayed lines, else time of arrival. */
  readonly sentAt: number
  readonly isLocal: boolean
  readonly isPrivate: boolean
  /** Private messages only: to whom, when we wrote it. */
  readonly recipientId?: string
}
