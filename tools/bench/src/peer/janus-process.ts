/**
 * Debian's Janus as the server that ours is compared with: a process of its own with a configuration of ours, on loopback,
 * in its best setting (a fixed number of event loops) or as packaged (a thread a handle).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CpuTime, readCpuTime, readResidentBytes } from '../process-usage.ts'
import { sleep } from '../room.ts'

export interface JanusOptions {
  /** Event loops that handles share; 0 = a thread a handle, which is how Janus comes. */
  readonly eventLoops: number
}

export interface JanusProcess {
  /** Base of its HTTP interface, `http://127.0.0.1:port/janus`. */
  readonly url: string
  readonly pid: number
  cpu(): CpuTime
  residentBytes(): number
  close(): Promise<void>
}

/** @throws Error when Janus is not installed or does not answer within 10 s */
export async function startJanus(options: JanusOptions): Promise<JanusProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-bench-janus-'))
  const port = await freePort()
  for (const [name, text] of Object.entries(configuration(options, port))) writeFileSync(join(directory, name), text)
  const child = spawn('janus', ['--configs-folder', directory, '--disable-colors'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (bytes: Buffer) => {
    output = (output + bytes.toString()).slice(-4000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  let problem: string | undefined
  child.on('error', (error: NodeJS.ErrnoException) => {
    problem = error.code === 'ENOENT' ? 'Janus is not installed (Debian: apt-get install janus)' : error.message
  })
  child.on('exit', (code, signal) => {
    problem ??= `Janus ended (${code ?? signal}): ${output}`
  })
  const url = `http://127.0.0.1:${port}/janus`
  const close = async () => {
    await stop(child)
    rmSync(directory, { recursive: true, force: true })
  }
  const end = performance.now() + 10_000
  while (!(await answers(url))) {
    if (problem === undefined && performance.now() < end) {
      await sleep(50)
      continue
    }
    await close()
    throw new Error(problem ?? `Janus did not answer within 10 s: ${output}`)
  }
  const pid = child.pid ?? 0
  return { url, pid, cpu: () => readCpuTime(pid), residentBytes: () => readResidentBytes(pid), close }
}

/** What the packaged binary says of itself, `1.1.2` for one; undefined when it is not installed. */
export function janusVersion(): string | undefined {
  try {
    const status = readFileSync('/var/lib/dpkg/status', 'utf8')
    return /^Package: janus\n(?:[^\n]+\n)*?Version: ([^\n]+)/m.exec(status)?.[1]
  } catch {
    return undefined
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/info`, { signal: AbortSignal.timeout(1_000) })
    return response.ok
  } catch {
    return false
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // a stopped process answers no signal but these
  child.kill('SIGCONT')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(timer)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

const modules = {
  plugins: [
    'audiobridge',
    'duktape',
    'echotest',
    'lua',
    'nosip',
    'recordplay',
    'sip',
    'streaming',
    'textroom',
    'videocall',
    'voicemail',
  ],
  transports: ['mqtt', 'nanomsg', 'pfunix', 'rabbitmq', 'websockets'],
} as const

/** Only the video room and the HTTP interface are loaded; nothing is logged but errors, nothing recorded, no events sent. */
function configuration({ eventLoops }: JanusOptions, port: number): Record<string, string> {
  const disabled = (names: readonly string[]) => names.map((name) => `libjanus_${name}.so`).join(',')
  return {
    'janus.jcfg': `general: {
  debug_level = 2
  ${eventLoops > 0 ? `event_loops = ${eventLoops}` : ''}
}
media: { slowlink_threshold = 0 }
nat: {
  ice_lite = true
  full_trickle = false
  ice_enforce_list = "127.0.0.1"
  ice_ignore_list = "vmnet"
}
plugins: { disable = "${disabled(modules.plugins)}" }
transports: { disable = "${disabled(modules.transports)}" }
events: { broadcast = false }
`,
    'janus.transport.http.jcfg': `general: {
  json = "compact"
  http = true
  port = ${port}
  ip = "127.0.0.1"
}
admin: { admin_http = false }
`,
    'janus.plugin.videoroom.jcfg': 'general: {}\n',
  }
}
