/** The commands of `parley`: arguments in, exit code out. One file each. */
import type { Command } from './command.ts'
import { configCommand } from './commands/config.ts'
import { helpCommand } from './commands/help.ts'
import { startCommand } from './commands/start.ts'
import { versionCommand } from './commands/version.ts'

const COMMANDS: readonly Command[] = [startCommand, configCommand, versionCommand, helpCommand(() => COMMANDS)]

/** @param args without the interpreter and the script */
export async function runCommand(args: readonly string[]): Promise<number> {
  const [given = 'help', ...rest] = args
  const name = ALIASES[given] ?? given
  const command = COMMANDS.find((candidate) => candidate.name === name)
  if (command) return command.run(rest)
  process.stderr.write(`parley: there is no command ${JSON.stringify(given)}; \`parley help\` lists them.\n`)
  return 2
}

const ALIASES: Readonly<Record<string, string>> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
}
