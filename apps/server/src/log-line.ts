/** A structured log record as one line for a person: time, level, component, message, then the fields. */

/** @param record a line of JSON as pino writes it; any other text comes back unchanged */
export function formatLogLine(record: string): string {
  let fields: Record<string, unknown>
  try {
    fields = JSON.parse(record) as Record<string, unknown>
  } catch {
    return record
  }
  const { level, time, component, msg, err, ...rest } = fields
  const clock = typeof time === 'number' ? new Date(time).toISOString().slice(11, 23) : ''
  const word = LEVEL_WORDS[Number(level)] ?? String(level)
  const place = component === undefined ? '' : `${String(component)}: `
  const details = Object.entries(rest).map(([key, value]) => ` ${key}=${shown(value)}`)
  return `${clock} ${word.padEnd(5)} ${place}${String(msg ?? '')}${details.join('')}${errorText(err)}\n`
}

function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return ''
  const { stack, message } = error as { stack?: unknown; message?: unknown }
  return `\n  ${String(stack ?? message).replaceAll('\n', '\n  ')}`
}

/** Text of strangers may not break out of the line, nor control the terminal. */
function shown(value: unknown): string {
  if (typeof value === 'string' && /^[\w.:@/+-]+$/.test(value)) return value
  return JSON.stringify(value)
}

const LEVEL_WORDS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'ERROR',
  60: 'FATAL',
}
