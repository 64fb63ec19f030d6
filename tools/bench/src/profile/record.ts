/** Where the server's time goes while it forwards: samples by `perf` (Debian: linux-perf), drawn and added up. */
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openRoom, sleep } from '../room.ts'
import { audioFanOut, meetingOfSixteen, pairs, videoFanOut, type Workload } from '../workload.ts'
import { flameSvg } from './flame-svg.ts'
import { buildTree, parseSamples, type Sample, shares } from './stacks.ts'

/** What can be profiled, by the name of its benchmark. */
export const profileWorkloads: Readonly<Record<string, Workload>> = {
  'video-fan-out': videoFanOut(100),
  'audio-fan-out': audioFanOut(100),
  meeting: meetingOfSixteen,
  pairs,
}

/** Writes a flame graph to `file` and says where time went. @throws Error when perf does not work here */
export async function recordProfile(workload: Workload, file: string, seconds: number): Promise<string[]> {
  const samples = (await recordSamples(workload, seconds)).filter(({ thread }) => thread.startsWith('parley-media'))
  if (samples.length === 0) throw new Error('perf saw nothing of the engine’s threads')
  const caption = `${workload.title}: CPU time of the engine's threads, ${samples.length} samples`
  writeFileSync(file, flameSvg(buildTree(samples, 'all'), caption))
  return [
    caption,
    ...shares(samples).map(({ name, share }) => `  ${(share * 100).toFixed(1).padStart(5)} %  ${name}`),
    `flame graph: ${file}`,
  ]
}

async function recordSamples(workload: Workload, seconds: number): Promise<Sample[]> {
  const directory = mkdtempSync(join(tmpdir(), 'parley-profile-'))
  const data = join(directory, 'perf.data')
  const bench = await openRoom(workload)
  try {
    await sleep(2_000)
    const target = ['-p', String(bench.server.pid), '-o', data]
    // virtual machines often have no cycle counter; stacks by unwinding, since release builds keep no frame pointers
    await perf([
      'record',
      '-q',
      '-F',
      '4999',
      '-e',
      'cpu-clock',
      '--call-graph',
      'dwarf,20480',
      ...target,
      '--',
      'sleep',
      String(seconds),
    ])
    const { stdout } = await promisify(execFile)('perf', ['script', '-i', data, '--no-inline'], {
      maxBuffer: 1 << 30,
    })
    return parseSamples(stdout)
  } finally {
    await bench.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function perf(args: readonly string[]): Promise<void> {
  const child = spawn('perf', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString()
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', () => reject(new Error('perf is not installed (Debian: apt-get install linux-perf)')))
    child.on('exit', resolve)
  })
  if (code !== 0) throw new Error(`perf record: ${complaint}`)
}
