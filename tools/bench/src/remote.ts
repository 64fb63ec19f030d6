/**
 * Run a module in a process of its own and call its functions, so that CPU time is counted per role: the server under
 * test, the load, the floor. One call at a time per function is enough here; every call has a deadline.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

type Functions = Record<string, (...args: never[]) => unknown>

export type RemoteOf<M extends Functions> = {
  readonly [K in keyof M]: (...args: Parameters<M[K]>) => Promise<Awaited<ReturnType<M[K]>>>
}

export interface Remote<M extends Functions> {
  readonly call: RemoteOf<M>
  readonly pid: number
  close(): Promise<void>
}

interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** Start `module` (a file URL) and wait until it answers. */
export async function startRemote<M extends Functions>(module: URL, deadlineMs = 120_000): Promise<Remote<M>> {
  const host = fileURLToPath(new URL('./remote-host.ts', import.meta.url))
  const child = fork(host, [module.href], {
    execArgv: ['-C', 'source', '--import', 'tsx'],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let nextId = 1
  child.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (reply.error !== undefined) call?.reject(new Error(reply.error))
    else call?.resolve(reply.value)
  })
  child.on('exit', (code, signal) => {
    for (const call of waiting.values()) call.reject(new Error(`${module.pathname} ended (${code ?? signal})`))
    waiting.clear()
  })
  const invoke = (name: string, args: unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      const id = nextId++
      const timer = setTimeout(() => {
        waiting.delete(id)
        reject(new Error(`${name} did not answer within ${deadlineMs} ms`))
      }, deadlineMs)
      waiting.set(id, {
        resolve: (value) => (clearTimeout(timer), resolve(value)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      })
      child.send({ id, name, args })
    })
  await invoke('', [])
  const call = new Proxy({} as RemoteOf<M>, {
    get: (_target, name) =>
      typeof name === 'string' && name !== 'then' ? (...args: unknown[]) => invoke(name, args) : undefined,
  })
  return { call, pid: child.pid ?? 0, close: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.disconnect()
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(timer)
}
