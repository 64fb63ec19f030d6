/** What the focus needs of a logger: the fields that vary, then constant text, as in pino. */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

export type LogLevel = keyof Log
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>
