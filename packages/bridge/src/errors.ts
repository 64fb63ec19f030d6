/** Why the bridge refuses a call. Each becomes a `refused` outcome with this reason. */
export type BridgeErrorReason =
  /** The call does not describe something possible; the caller's fault. */
  | 'bad-request'
  | 'no-such-endpoint'
  /** An SSRC or source name belongs to somebody else in the conference. */
  | 'source-conflict'
  /** A limit of this bridge. */
  | 'resource-constraint'
  /** The engine refused; our fault. */
  | 'engine-error'
  /** A defect of the bridge; its log has more. */
  | 'internal-error'
  /** The bridge is closing. */
  | 'closed'

export class BridgeError extends Error {
  readonly code = 'PARLEY_BRIDGE'
  readonly reason: BridgeErrorReason
  constructor(reason: BridgeErrorReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BridgeError'
    this.reason = reason
  }
}
