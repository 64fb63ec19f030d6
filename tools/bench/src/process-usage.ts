/** CPU time and memory of another process, read where the kernel keeps them (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs'
import { loadavg } from 'node:os'

export interface CpuTime {
  readonly userUs: number
  readonly systemUs: number
}

/**
 * User and system together: how the two are shared is guessed by the kernel from clock ticks, which short turns that timers
 * begin fall between; their sum is exact.
 */
export function cpuBetween(before: CpuTime, after: CpuTime): number {
  return after.userUs + after.systemUs - before.userUs - before.systemUs
}

/** All threads, ended ones too. Ticks of 10 ms. */
export function readCpuTime(pid: number): CpuTime {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // the name in parentheses may hold anything; fields count from behind it
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { userUs: Number(fields[11]) * tickUs, systemUs: Number(fields[12]) * tickUs }
}

export function readResidentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes ?? 0) * 1024
}

/** CPU time of each thread that lives now, by id, microseconds: what tells the engine's threads from JavaScript's. */
export function readThreadTimes(pid: number): Map<number, { name: string; us: number }> {
  const threads = new Map<number, { name: string; us: number }>()
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    const name = readFileSync(`/proc/${pid}/task/${id}/comm`, 'utf8').trim()
    const nanoseconds = Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0])
    threads.set(Number(id), { name, us: nanoseconds / 1000 })
  }
  return threads
}

export interface MachineLoad {
  readonly loadAverage: number
  /** Share of the machine's time that the host took away, since `before`. */
  readonly steal: number
}

/** Jiffies of the machine so far: all, and stolen. */
export function readMachineTime(): { total: number; steal: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const fields = line.split(/\s+/).slice(1).map(Number)
  return { total: fields.slice(0, 8).reduce((sum, value) => sum + value, 0), steal: fields[7] ?? 0 }
}

export function machineLoadSince(before: { total: number; steal: number }): MachineLoad {
  const now = readMachineTime()
  const total = now.total - before.total
  return { loadAverage: loadavg()[0] ?? 0, steal: total === 0 ? 0 : (now.steal - before.steal) / total }
}

/** USER_HZ is 100 on every Linux that Node runs on. */
const tickUs = 10_000
