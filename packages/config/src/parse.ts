/**
 * From named texts to typed values. Reads everything before it complains, so that one start shows every mistake. A foreign
 * environment variable is never a mistake; one with our prefix always is, and one a slip away from a known name is told.
 */
import { ConfigError } from './errors.ts'
import type { Problem } from './errors.ts'
import { ValueError } from './kinds.ts'
import { nearest } from './nearest.ts'
import type { SettingTable, ValuesOf } from './table.ts'

export type Origin = 'environment' | 'file' | 'default' | 'unset'

/** Variables by the place they come from; the environment wins over the file. */
export interface Variables {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** From `.env`. */
  readonly file?: Readonly<Record<string, string | undefined>>
}

export interface Parsed<T extends SettingTable> {
  readonly values: ValuesOf<T>
  readonly origins: Readonly<Record<keyof T, Origin>>
  /** Things that work, but not as the writer may think. For the log, once. */
  readonly notices: readonly Notice[]
}

export interface Notice {
  readonly level: 'info' | 'warn'
  readonly message: string
}

/** @throws ConfigError with all problems */
export function parseVariables<T extends SettingTable>(table: T, variables: Variables): Parsed<T> {
  const problems: Problem[] = []
  const values: Record<string, unknown> = {}
  const origins: Record<string, Origin> = {}

  for (const [key, setting] of Object.entries(table)) {
    const given = textOf(key, variables)
    const text = given?.text ?? fillIn(setting.default, table, values)
    origins[key] = given?.origin ?? (text === undefined ? 'unset' : 'default')
    if (text === undefined) continue
    try {
      values[key] = setting.kind.parse(text)
    } catch (error) {
      if (!(error instanceof ValueError)) throw error
      // What a secret is not is no reason to print it.
      const message = setting.secret
        ? `${key} has a value that is no ${setting.kind.name}.`
        : `${key} ${error.message}.`
      problems.push({ key, message })
    }
  }

  const foreign = foreignNames(table, variables)
  problems.push(...unknownOwnNames(table, foreign))
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    values: values as ValuesOf<T>,
    origins: origins as Parsed<T>['origins'],
    notices: [...deprecations(table, origins), ...slips(table, foreign), ...unusedNames(table, foreign)],
  }
}

/** An empty text means the default, as in the deployments people come from. */
function textOf(key: string, variables: Variables): { text: string; origin: Origin } | undefined {
  const environment = clean(variables.environment[key])
  if (environment !== '') return { text: environment, origin: 'environment' }
  const file = clean(variables.file?.[key])
  return file === '' ? undefined : { text: file, origin: 'file' }
}

/** Compose files hand quotes through literally. */
function clean(text: string | undefined): string {
  const trimmed = (text ?? '').trim()
  const quoted = /^"([^"]*)"$|^'([^']*)'$/.exec(trimmed)
  return quoted ? (quoted[1] ?? quoted[2] ?? '').trim() : trimmed
}

function fillIn(
  template: string | undefined,
  table: SettingTable,
  values: Record<string, unknown>,
): string | undefined {
  return template?.replace(/\$\{(\w+)\}/g, (_, key: string) => {
    const kind = table[key]?.kind
    if (!kind) throw new Error(`default refers to the unknown setting ${key}`)
    // A mistake in the other setting is reported there; its place in this default does not matter any more.
    return values[key] === undefined ? 'invalid' : kind.format(values[key])
  })
}

function foreignNames(table: SettingTable, variables: Variables): string[] {
  const names = new Set([...Object.keys(variables.environment), ...Object.keys(variables.file ?? {})])
  return [...names].filter((name) => !Object.hasOwn(table, name)).sort()
}

function unknownOwnNames(table: SettingTable, names: readonly string[]): Problem[] {
  return names
    .filter((name) => name.startsWith(OWN_PREFIX) && !DEVELOPMENT_NAME.test(name))
    .map((key) => {
      const meant = nearest(key.slice(0, MAX_NAME_LENGTH), Object.keys(table), 4)
      const hint = meant ? `; did you mean ${meant}?` : '; `parley config` lists those that exist.'
      return { key, message: `${key} is no setting${hint}` }
    })
}

/** Names that differ from a setting by one slip of the finger (two in a long name) are almost surely meant as it. */
function slips(table: SettingTable, names: readonly string[]): Notice[] {
  return names.flatMap((name) => {
    const meant = slipOf(table, name)
    return meant ? [{ level: 'warn' as const, message: `${name} is no setting; did you mean ${meant}?` }] : []
  })
}

function slipOf(table: SettingTable, name: string): string | undefined {
  if (name.startsWith(OWN_PREFIX) || name.length > MAX_NAME_LENGTH) return undefined
  return nearest(name, Object.keys(table), name.length >= 12 ? 2 : 1)
}

function unusedNames(table: SettingTable, names: readonly string[]): Notice[] {
  const unused = names.filter((name) => OLD_DEPLOYMENT_NAME.test(name) && slipOf(table, name) === undefined)
  if (unused.length === 0) return []
  const shown = unused.slice(0, 20).join(', ')
  const more = unused.length > 20 ? ` and ${unused.length - 20} more` : ''
  return [{ level: 'info', message: `Set, but not used by this release: ${shown}${more}.` }]
}

function deprecations(table: SettingTable, origins: Record<string, Origin>): Notice[] {
  return Object.entries(table).flatMap(([key, { deprecated }]) => {
    const isGiven = origins[key] === 'environment' || origins[key] === 'file'
    if (!deprecated || !isGiven) return []
    return [{ level: 'warn' as const, message: `${key} is deprecated; use ${deprecated}.` }]
  })
}

const OWN_PREFIX = 'PARLEY_'
/** Variables of builds and tests, which are no settings of the program. */
const DEVELOPMENT_NAME = /^PARLEY_(?:TEST|ENGINE)_/
const MAX_NAME_LENGTH = 64
/** Prefixes that nothing but a docker-jitsi-meet deployment uses. */
const OLD_DEPLOYMENT_NAME =
  /^(?:JVB|JICOFO|JIBRI|JIGASI|PROSODY|XMPP|COLIBRI|LETSENCRYPT|TURNS?|JWT|ETHERPAD|VISITORS)_|^ENABLE_(?:AUTH|GUESTS|LOBBY|LETSENCRYPT|RECORDING|WELCOME_PAGE|PREJOIN_PAGE|XMPP_WEBSOCKET)$/
