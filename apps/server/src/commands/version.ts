import type { Command } from '../command.ts'
import { VERSION } from '../version.ts'

export const versionCommand: Command = {
  name: 'version',
  summary: 'print the version',
  run: async () => {
    process.stdout.write(`${VERSION}\n`)
    return 0
  },
}
