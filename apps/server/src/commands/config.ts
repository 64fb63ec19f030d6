import { ConfigError, describeValues, SETTINGS } from '@parley/config'
import type { Command } from '../command.ts'
import { loadSettings } from '../io/load-settings.ts'

export const configCommand: Command = {
  name: 'config',
  summary: 'print the settings in effect and where each comes from; secrets are covered',
  run: async () => {
    try {
      const { parsed } = loadSettings()
      process.stdout.write(`${describeValues(SETTINGS, parsed)}\n`)
      for (const notice of parsed.notices) process.stderr.write(`${notice.level}: ${notice.message}\n`)
      return 0
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      process.stderr.write(`${error.message}\n`)
      return 1
    }
  },
}
