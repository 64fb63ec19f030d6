/** The server as people run it: a process, its output, and signals. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export class ServerProcess {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''

  /** @param environment settings; ports are free ones unless given */
  constructor(command: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
    const env = { ...process.env, ...FREE_PORTS, ...environment }
    // Variables of the test runner that would change how the program under test reports and runs.
    for (const name of ['NODE_TEST_CONTEXT', 'NODE_OPTIONS', 'FORCE_COLOR']) delete env[name as keyof typeof env]
    // A group of its own, so that a signal to it is what a terminal's Ctrl-C is to a foreground group.
    this.#child = spawn(command, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject)
      this.#child.on('close', (code, signal) => resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr }))
    })
  }

  /** Resolves with the first address to open once the server says that it is ready. */
  async ready(withinMs = 20_000): Promise<string> {
    const deadline = performance.now() + withinMs
    for (;;) {
      const url = /^ +Open +(\S+)$/m.exec(this.#stdout)?.[1]
      if (url) return url
      if (this.#child.exitCode !== null || performance.now() > deadline) {
        this.kill()
        throw new Error(`not ready:\n${this.#stdout}\n${this.#stderr}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** To the whole group, as a terminal does it. */
  signal(signal: NodeJS.Signals): void {
    process.kill(-(this.#child.pid ?? 0), signal)
  }

  /** For the end of a test, whatever state the process is in. */
  kill(): void {
    try {
      this.signal('SIGKILL')
    } catch {
      // It has ended already.
    }
  }
}

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const FREE_PORTS = {
  HTTP_PORT: '0',
  HTTPS_PORT: '0',
  JVB_PORT: '0',
  PARLEY_BIND_ADDRESS: '127.0.0.1',
  JVB_ADVERTISE_IPS: '127.0.0.1',
}
