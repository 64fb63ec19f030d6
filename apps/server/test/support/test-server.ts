/** A whole server on free ports of loopback, with a data directory of its own that goes with it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSettings } from '@parley/config'
import type { Inventory } from '../../src/inventory.ts'
import { openLog } from '../../src/io/log.ts'
import { startServer } from '../../src/server.ts'

export interface TestServer {
  /** `https://localhost:port`. */
  readonly origin: string
  readonly mediaPort: number
  /** Addresses in ICE candidates. */
  offered(): readonly { readonly ip: string; readonly port: number }[]
  inventory(): Inventory
  close(): Promise<void>
}

/** @param environment settings that differ from the test's own; `LOG_LEVEL` too */
export async function startTestServer(environment: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'parley-test-'))
  const { settings } = parseSettings({
    environment: {
      HTTP_PORT: '0',
      HTTPS_PORT: '0',
      JVB_PORT: '0',
      JVB_ADVERTISE_IPS: '127.0.0.1',
      JVB_ADVERTISE_PRIVATE_CANDIDATES: '0',
      PARLEY_BIND_ADDRESS: '127.0.0.1',
      PARLEY_DATA_DIR: dataDirectory,
      PARLEY_STOP_TIMEOUT: '1s',
      LOG_LEVEL: process.env.PARLEY_TEST_LOG_LEVEL ?? 'warn',
      ...environment,
    },
  })
  const server = await startServer({ settings, log: openLog(settings.log), webRoot: WEB_ROOT })
  return {
    origin: `https://localhost:${server.addresses.httpsPort}`,
    mediaPort: server.addresses.mediaPort,
    offered: () => server.addresses.offered ?? [],
    inventory: () => server.inventory(),
    async close() {
      await server.close()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}

const WEB_ROOT = fileURLToPath(new URL('../../../web/dist', import.meta.url))
