export type EdgeErrorReason = 'port-in-use' | 'port-forbidden' | 'address-unavailable' | 'listen-failed' | 'closed'

/** The edge cannot do what it was asked; the message names the port and the setting to change. */
export class EdgeError extends Error {
  readonly code = 'PARLEY_EDGE'
  readonly reason: EdgeErrorReason

  constructor(reason: EdgeErrorReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'EdgeError'
    this.reason = reason
  }
}

/** One sentence for a port that cannot be opened. */
export function listenError(error: NodeJS.ErrnoException, place: { port: number; setting: string }): EdgeError {
  const { port, setting } = place
  const cause = { cause: error }
  switch (error.code) {
    case 'EADDRINUSE':
      return new EdgeError(
        'port-in-use',
        `TCP port ${port} is in use by another program: stop that one, or set ${setting} to a free port.`,
        cause,
      )
    case 'EACCES':
      return new EdgeError(
        'port-forbidden',
        `TCP port ${port} may not be opened by this user: set ${setting} to a port above 1023.`,
        cause,
      )
    case 'EADDRNOTAVAIL':
      return new EdgeError(
        'address-unavailable',
        `TCP port ${port} cannot be opened: the machine does not have the address in PARLEY_BIND_ADDRESS.`,
        cause,
      )
    default:
      return new EdgeError('listen-failed', `TCP port ${port} (${setting}) cannot be opened: ${error.message}`, cause)
  }
}
