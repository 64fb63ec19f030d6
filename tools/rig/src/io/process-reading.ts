/** What the kernel says of a process of this machine. Linux. */
import { readdir, readFile } from 'node:fs/promises'

export interface ProcessReading {
  readonly residentBytes: number
  /** Open descriptors. */
  readonly descriptors: number
  readonly threads: number
}

/** @throws Error when there is no such process */
export async function readProcess(pid: number): Promise<ProcessReading> {
  const [status, descriptors] = await Promise.all([readFile(`/proc/${pid}/status`, 'utf8'), readdir(`/proc/${pid}/fd`)])
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  return { residentBytes: field('VmRSS') * 1024, descriptors: descriptors.length, threads: field('Threads') }
}
