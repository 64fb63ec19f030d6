import { resolve } from 'node:path'
import { parseSettings, readEnvFile } from '@parley/config'

/** The settings of this process: its environment over `.env` in the working directory. @throws ConfigError */
export function loadSettings(): ReturnType<typeof parseSettings> {
  return parseSettings({ environment: process.env, file: readEnvFile(resolve('.env')) })
}
