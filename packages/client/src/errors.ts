/** Every error the library throws. Match on `code` and `reason`; `message` is for people. */

export type ClientErrorReason =
  /** The service cannot be reached, or the socket closed before we were logged in. */
  | 'unreachable'
  /** The service wants a login we do not have. */
  | 'not-authorized'
  /** The server's words make no sense: its fault. */
  | 'protocol'
  /** No answer within the deadline. */
  | 'timeout'
  /** The server understood and refused; `condition` says why. */
  | 'refused'
  /** The room's nick, password, size or rights do not let us in; `condition` says why. */
  | 'join-refused'
  /** Used after `close()` or `leave()`, or before joining. */
  | 'closed'
  /** The `signal` was aborted. */
  | 'aborted'
  /** An argument makes no sense: the caller's fault. */
  | 'bad-argument'
  /** The browser's WebRTC refused a description or a track. */
  | 'media'

export class ClientError extends Error {
  readonly code = 'PARLEY_CLIENT'
  readonly reason: ClientErrorReason
  /** The XMPP error condition (RFC 6120 §8.3.3), when the server sent one. */
  readonly condition?: string

  constructor(reason: ClientErrorReason, message: string, details: { condition?: string; cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'ClientError'
    this.reason = reason
    if (details.condition !== undefined) this.condition = details.condition
  }
}
