import type { Command } from '../command.ts'

/** @param commands the whole table, this one included */
export function helpCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'help',
    summary: 'print this',
    run: async () => {
      const lines = commands().map(({ name, summary }) => `  parley ${name.padEnd(8)}  ${summary}`)
      process.stdout.write(
        `Parley, a self-hosted video-conferencing system.\n\n${lines.join('\n')}\n\n${SETTINGS_HINT}\n`,
      )
      return 0
    },
  }
}

const SETTINGS_HINT = 'Settings are environment variables or lines of .env; docs/settings.md explains each.'
