#!/usr/bin/env node
import { runCommand } from './commands.ts'

try {
  // Everything that was opened is closed by now; an open handle that somebody forgot shall not keep the process.
  process.exit(await runCommand(process.argv.slice(2)))
} catch (error) {
  process.stderr.write(`parley: ${(error as Error).stack ?? String(error)}\n`)
  process.exit(1)
}
