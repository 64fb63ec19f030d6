/** Errors that callers of this package can cause. What peers do wrong is answered on the wire: see `stanza-error.ts`. */

export type RouterErrorReason =
  /** The address or domain is attached already. */
  | 'conflict'
  /** Not an address of the needed kind. */
  | 'jid-malformed'

/** Thrown by `Router.attachDomain` and `Router.attachUser`. */
export class RouterError extends Error {
  readonly code = 'PARLEY_XMPP_ROUTER'
  readonly reason: RouterErrorReason
  constructor(reason: RouterErrorReason, message: string) {
    super(message)
    this.name = 'RouterError'
    this.reason = reason
  }
}
