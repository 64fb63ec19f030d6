import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '@parley/config'
import { EdgeError } from '@parley/edge'
import { EngineError } from '@parley/media-engine'
import { announcement } from '../announcement.ts'
import type { Command } from '../command.ts'
import { loadSettings } from '../io/load-settings.ts'
import { openLog } from '../io/log.ts'
import { firstStopSignal } from '../io/stop-signals.ts'
import { startServer } from '../server.ts'

export const startCommand: Command = {
  name: 'start',
  summary: 'run the server until Ctrl-C or SIGTERM',
  run: async () => {
    try {
      await runUntilStopped()
      return 0
    } catch (error) {
      const sentence = explain(error)
      if (sentence === undefined) throw error
      process.stderr.write(`${sentence}\n`)
      return 1
    }
  },
}

async function runUntilStopped(): Promise<void> {
  // Asked for first, so that a Ctrl-C during the start is not lost.
  const stopSignal = firstStopSignal()
  const { settings, parsed } = loadSettings()
  const log = openLog(settings.log)
  for (const { level, message } of parsed.notices) log[level]({ component: 'config' }, message)

  const server = await startServer({
    settings: { ...settings, dataDirectory: resolve(settings.dataDirectory) },
    log,
    webRoot: WEB_ROOT,
  })
  process.stdout.write(announcement(server.addresses))
  log.info({ component: 'server', readyAfterMs: Math.round(performance.now()) }, 'ready')

  const signal = await stopSignal
  log.info({ component: 'server', signal }, 'stopping')
  await server.close()
  log.info({ component: 'server' }, 'stopped')
}

/** Mistakes of the environment get their sentence; anything else is a defect and keeps its stack. */
function explain(error: unknown): string | undefined {
  if (error instanceof ConfigError) return `The settings cannot be used:\n${error.message.replace(/^/gm, '  ')}`
  if (error instanceof EdgeError) return error.message
  if (error instanceof EngineError && error.reason === 'port-in-use') {
    const [name, protocol] = error.message.startsWith('TCP') ? ['JVB_TCP_PORT', 'TCP'] : ['JVB_PORT', 'UDP']
    return `${error.message}; stop the program that has it, or set ${name} to a free ${protocol} port.`
  }
  return undefined
}

/** The same from the sources and from the bundle, which lies as deep. */
const WEB_ROOT = fileURLToPath(new URL('../../../web/dist', import.meta.url))
