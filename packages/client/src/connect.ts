/** The way in: open a stream to a server and log in. */
import type { Connection, ConnectOptions } from './connection.ts'
import { withDeadline } from './deadline.ts'
import { ClientError } from './errors.ts'
import { createBrowserPlatform } from './io/browser-platform.ts'
import { ClientConnection } from './io/client-connection.ts'

/**
 * Open the WebSocket, log in anonymously and bind an address; at most 15 s.
 * @throws ClientError `unreachable`, `not-authorized`, `protocol`, `timeout`, `aborted`, `bad-argument`
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { signal } = options
  if (signal?.aborted) throw new ClientError('aborted', 'connecting was given up', { cause: signal.reason })
  const platform = { ...createBrowserPlatform(), ...options.platform }
  const connection = new ClientConnection(options, platform)
  const onAbort = () => {
    connection.destroy(new ClientError('aborted', 'connecting was given up', { cause: signal?.reason }))
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    await withDeadline(platform.clock, connection.bound(), timeoutMs, `connecting to ${options.serviceUrl}`)
    return connection
  } catch (error) {
    connection.destroy(error as ClientError)
    throw error
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

const timeoutMs = 15_000
