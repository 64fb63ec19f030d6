/** The whole server as people run it, in one file (`scripts/bench.mjs` makes it), on free ports of loopback, with a data directory that goes with it. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CpuTime, readCpuTime } from './process-usage.ts'
import { sleep } from './room.ts'

export interface ParleyProcess {
  /** `https://localhost:port`. */
  readonly origin: string
  readonly pid: number
  cpu(): CpuTime
  close(): Promise<void>
}

/** @throws Error when it is not ready within 30 s */
export async function startParley(): Promise<ParleyProcess> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'parley-bench-'))
  const child = spawn(process.execPath, ['apps/server/dist/parley.mjs', 'start'], {
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    env: {
      PATH: process.env['PATH'] ?? '',
      HTTP_PORT: '0',
      HTTPS_PORT: '0',
      JVB_PORT: '0',
      JVB_ADVERTISE_IPS: '127.0.0.1',
      JVB_ADVERTISE_PRIVATE_CANDIDATES: '0',
      PARLEY_BIND_ADDRESS: '127.0.0.1',
      PARLEY_DATA_DIR: dataDirectory,
      PARLEY_STOP_TIMEOUT: '1s',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (bytes: Buffer) => {
    output = (output + bytes.toString()).slice(-8000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 8_000)
      await ended
      clearTimeout(timer)
    }
    rmSync(dataDirectory, { recursive: true, force: true })
  }
  const end = performance.now() + 30_000
  for (;;) {
    const origin = /^ +Open +(\S+)$/m.exec(output)?.[1]
    const pid = child.pid ?? 0
    if (origin !== undefined) return { origin, pid, cpu: () => readCpuTime(pid), close }
    if (child.exitCode !== null || performance.now() > end) {
      await close()
      throw new Error(`the server is not ready: ${output}`)
    }
    await sleep(50)
  }
}
