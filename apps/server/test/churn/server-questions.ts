/** Asking a server in another process. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Inventory } from '../../src/inventory.ts'

export interface Question {
  readonly collectsGarbage: boolean
}

export interface ServerReading {
  readonly inventory: Inventory
  /** JavaScript's heap and what hangs on it. */
  readonly heapBytes: number
  readonly arrayBufferBytes: number
  /** Running timers. */
  readonly timers: number
  /** Sockets, servers, requests under way. */
  readonly handles: number
}

export type Answer =
  | { readonly type: 'ready'; readonly origin: string; readonly mediaPort: number }
  | { readonly type: 'reading'; readonly reading: ServerReading }

export class WatchedServer {
  readonly origin: string
  readonly mediaPort: number
  readonly pid: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, { origin, mediaPort }: Extract<Answer, { type: 'ready' }>) {
    this.#child = child
    this.origin = origin
    this.mediaPort = mediaPort
    this.pid = child.pid ?? 0
  }

  /** @throws Error when it is not ready in time; it has ended then */
  static async start(): Promise<WatchedServer> {
    const child = fork(PROGRAM, [], {
      execArgv: ['-C', 'source', '--import', 'tsx', '--expose-gc'],
      env: environment(),
    })
    try {
      const answer = await nextAnswer(child, 'ready', 60_000)
      if (answer.type !== 'ready') throw new Error(`the server began with ${answer.type}`)
      return new WatchedServer(child, answer)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** @throws Error when the server does not answer within 20 s, or has ended */
  async read(collectsGarbage: boolean): Promise<ServerReading> {
    if (!this.#child.connected) throw new Error(`the server has ended with code ${this.#child.exitCode}`)
    const question: Question = { collectsGarbage }
    const answered = nextAnswer(this.#child, 'there to answer', 20_000)
    this.#child.send(question)
    const answer = await answered
    if (answer.type !== 'reading') throw new Error(`the server answered with ${answer.type}`)
    return answer.reading
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await ended
    clearTimeout(timer)
  }
}

async function nextAnswer(child: ChildProcess, what: string, withinMs: number): Promise<Answer> {
  try {
    const [answer] = (await once(child, 'message', { signal: AbortSignal.timeout(withinMs) })) as [Answer]
    return answer
  } catch (cause) {
    throw new Error(`the server was not ${what} within ${withinMs / 1000} s`, { cause })
  }
}

/** Without what the test runner leaves for its own children. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _context, NODE_OPTIONS: _options, ...rest } = process.env
  return rest
}

const PROGRAM = fileURLToPath(new URL('watched-server.ts', import.meta.url))
