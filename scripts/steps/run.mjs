// Running other programs: each with a deadline, in a process group of its own, so that nothing it started outlives it.
import { spawn } from 'node:child_process'
import { root } from './paths.mjs'

const running = new Set()

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ deadlineMs: number, cwd?: string, env?: Record<string, string>, shows?: boolean }} options `shows` passes the
 *   output on while it comes
 * @returns {Promise<{ code: number, output: string, seconds: number, isLate: boolean }>} `code` is 124 when the deadline
 *   ended it, 127 when there is no such program; `output` is the end of standard output and error, mixed
 */
export function run(command, args, options) {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    running.add(child)
    let output = ''
    const collect = (text) => {
      output = (output + text).slice(-MAX_OUTPUT)
      if (options.shows) process.stdout.write(text)
    }
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', collect)

    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      collect(`\n(not done after ${options.deadlineMs / 1000} s: stopped)\n`)
      killGroup(child)
    }, options.deadlineMs)
    const finish = (code) => {
      clearTimeout(timer)
      running.delete(child)
      resolve({ code: isLate ? 124 : code, output, seconds: (performance.now() - startedAt) / 1000, isLate })
    }
    child.on('error', (error) => {
      collect(`${error.message}\n`)
      finish(127)
    })
    child.on('close', (code, signal) => finish(code ?? (signal ? 128 : 1)))
  })
}

/** On Ctrl-C the groups must be told: they are not the terminal's foreground group. */
export function stopRunningOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      for (const child of running) killGroup(child)
      process.exit(130)
    })
  }
}

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended in between.
  }
}

const MAX_OUTPUT = 200_000
