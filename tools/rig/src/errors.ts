export type RigErrorReason =
  /** The caller asked for conditions that no wire has. */
  | 'bad-conditions'
  /** The relay refused a command; the message is its own. */
  | 'refused'
  /** The relay has ended, or does not answer. */
  | 'relay-gone'
  /** The relay could not be compiled. */
  | 'not-built'

export class RigError extends Error {
  readonly code = 'PARLEY_RIG'
  readonly reason: RigErrorReason
  constructor(reason: RigErrorReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RigError'
    this.reason = reason
  }
}
