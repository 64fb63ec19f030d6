/** The settings for people: those in effect (`parley config`) and the reference page. */
import type { Origin, Parsed } from './parse.ts'
import type { Setting, SettingTable } from './table.ts'

/** One line for each setting: name, value in effect, where it comes from. Secrets are covered. */
export function describeValues<T extends SettingTable>(table: T, parsed: Parsed<T>): string {
  const rows = Object.entries(table).map(([key, setting]) => {
    const value = (parsed.values as Record<string, unknown>)[key]
    return [key, shownValue(setting, value), ORIGIN_WORDS[parsed.origins[key as keyof T]]]
  })
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map(
      ([key = '', value = '', origin = '']) =>
        `${key.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${origin}`,
    )
    .join('\n')
}

/** The reference page in Markdown. */
export function renderReference(table: SettingTable): string {
  const sections = Object.entries(table).map(([key, setting]) => renderSetting(key, setting))
  return `${REFERENCE_HEAD}\n${sections.join('\n')}`
}

function renderSetting(key: string, setting: Setting): string {
  const kind = setting.kind.bounds ? `${setting.kind.name} (${setting.kind.bounds})` : setting.kind.name
  const fallback = setting.default === undefined ? (setting.unset ?? 'none') : `\`${setting.default}\``
  const lines = [
    `## ${key}`,
    '',
    setting.meaning,
    '',
    `- Value: ${kind}${setting.secret ? ', secret' : ''}`,
    `- Default: ${fallback}`,
    `- Read by: ${setting.readBy.join(', ')}`,
  ]
  if (setting.deprecated) lines.push(`- Deprecated: use \`${setting.deprecated}\``)
  return `${lines.join('\n')}\n`
}

function shownValue(setting: Setting, value: unknown): string {
  if (value === undefined) return setting.unset ? `(${setting.unset})` : '(none)'
  return setting.secret ? '(secret)' : setting.kind.format(value)
}

const ORIGIN_WORDS: Readonly<Record<Origin, string>> = {
  environment: 'environment',
  file: '.env',
  default: 'default',
  unset: 'not set',
}

const REFERENCE_HEAD = `# Settings

Settings are environment variables, or lines \`NAME=value\` in a file \`.env\` in the working directory; the environment wins.
An empty value means the default. \`parley config\` prints the values in effect. All mistakes are reported at once, at the
start. This page is generated from the table in \`packages/config/src/table.ts\`: run \`node scripts/settings-reference.mjs\`.
`
