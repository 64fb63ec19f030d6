/** The relay as a child: one line asks, one line answers, in order. It ends with its input, and so with this process. */
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { RigError } from '../errors.ts'

interface Question {
  readonly command: string
  resolve(answer: string): void
  reject(error: RigError): void
}

export class RelayProcess {
  readonly pid: number
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #asked: Question[] = []
  readonly #ended: Promise<unknown>
  #lastWords = ''
  #isEnded = false

  private constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#child = child
    this.pid = child.pid ?? 0
    // An answer that cannot be asked for any more is of no interest; 'close' says the rest.
    child.stdin.on('error', () => {})
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-2000)
    })
    createInterface({ input: child.stdout }).on('line', (line) => this.#answered(line))
    this.#ended = once(child, 'close').then(() => {
      this.#isEnded = true
      for (const { reject } of this.#asked.splice(0)) reject(this.#gone())
    })
  }

  /** @param seed whole number: the same gives the same losses for the same packets */
  static async start(program: string, seed: number): Promise<RelayProcess> {
    const child = spawn(program, [String(seed)], { stdio: ['pipe', 'pipe', 'pipe'] })
    await once(child, 'spawn')
    return new RelayProcess(child)
  }

  /** @returns what follows `ok`. @throws RigError `refused`, `relay-gone` */
  async ask(command: string): Promise<string> {
    if (this.#isEnded) throw this.#gone()
    const answer = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new RigError('relay-gone', `the relay did not answer "${command}"`)),
        ANSWER_TIMEOUT_MS,
      )
      const settle = (): void => clearTimeout(timer)
      this.#asked.push({
        command,
        resolve: (line) => (settle(), resolve(line)),
        reject: (error) => (settle(), reject(error)),
      })
      this.#child.stdin.write(`${command}\n`)
    })
    const [, outcome, text = ''] = /^(ok|error) ?(.*)$/.exec(answer) ?? []
    if (outcome !== 'ok') throw new RigError('refused', `the relay refused "${command}": ${text || answer}`)
    return text
  }

  /** Ends every process in its namespaces too. Idempotent. */
  async close(): Promise<void> {
    this.#child.stdin.end()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), CLOSE_TIMEOUT_MS)
    await this.#ended
    clearTimeout(timer)
  }

  #answered(line: string): void {
    this.#asked.shift()?.resolve(line)
  }

  #gone(): RigError {
    return new RigError('relay-gone', `the relay has ended${this.#lastWords ? `: ${this.#lastWords.trim()}` : ''}`)
  }
}

const ANSWER_TIMEOUT_MS = 5000
const CLOSE_TIMEOUT_MS = 3000
