/** The log of the process: JSON lines for machines, readable lines for a person at a terminal, on standard error. */
import { writeSync } from 'node:fs'
import type { LogSettings } from '@parley/config'
import { pino } from 'pino'
import type { Logger } from 'pino'
import { formatLogLine } from '../log-line.ts'

export type { Logger } from 'pino'

/** Standard output stays free for what a command is asked for. */
export function openLog(settings: LogSettings): Logger {
  const isText = settings.format === 'text' || (settings.format === 'auto' && process.stderr.isTTY)
  const options = { level: settings.level, base: null }
  if (!isText) return pino(options, pino.destination({ dest: 2, sync: true }))
  return pino(options, { write: (record: string) => writeToStderr(formatLogLine(record)) })
}

function writeToStderr(text: string): void {
  try {
    writeSync(2, text)
  } catch {
    // A full pipe or a closed terminal must not end calls.
  }
}
