import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

/**
 * Variables of a `.env` file (syntax of Node's own `--env-file`), none when there is no such file.
 * @throws Error naming the file when it cannot be read
 */
export function readEnvFile(path: string): Readonly<Record<string, string | undefined>> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new Error(`cannot read ${path}: ${(error as Error).message}`, { cause: error })
  }
  return parseEnv(text)
}
