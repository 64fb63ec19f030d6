/** `npm run bench [-- [NAME] [options]]`: all benchmarks in order, or one; or ours against a peer. */
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { type BenchmarkOptions, type Figure, judge, printFigures } from './benchmark.ts'
import { benchmarks, type BenchmarkName, defaultNames, isBenchmarkName, loadBenchmark } from './benchmarks.ts'
import { startFloor } from './cpu.ts'
import { comparePeer, peerLines, peerWorkloads } from './peer/compare.ts'
import { profileWorkloads, recordProfile } from './profile/record.ts'
import { machineLoadSince, readMachineTime } from './process-usage.ts'
import { videoFanOut } from './workload.ts'

export async function runCommand(args: readonly string[]): Promise<number> {
  const parsed = parse(args)
  if (typeof parsed === 'string') {
    console.error(parsed)
    return 2
  }
  const { name, peer, json, flame, options } = parsed
  if (flame !== undefined) {
    const workload = profileWorkloads[name ?? 'video-fan-out'] ?? videoFanOut(100)
    console.log((await recordProfile(workload, flame, profileSeconds)).join('\n'))
    return 0
  }
  const before = readMachineTime()
  const floorBeforeUs = await measureReference()
  let failed = false
  let report: Record<string, unknown>
  if (peer) {
    const comparisons = await comparePeer(name, options)
    report = { peer: comparisons }
    if (!json) console.log(comparisons.flatMap(peerLines).join('\n'))
  } else {
    const results: Record<string, unknown>[] = []
    for (const each of name === undefined ? defaultNames : [name as BenchmarkName]) {
      const benchmark = await loadBenchmark(each)
      const figures = await benchmark.run(options).catch((error: Error): Figure[] => {
        // the others are still worth their time
        failed = true
        return [{ what: benchmark.title, unit: '', value: undefined, note: `failed: ${error.message.split('\n')[0]}` }]
      })
      results.push({
        id: benchmark.id,
        name: each,
        title: benchmark.title,
        figures: figures.map((figure) => ({ ...figure, value: figure.value ?? null, reached: judge(figure) })),
      })
      if (!json) console.log(printFigures(benchmark, figures).join('\n'))
    }
    report = { benchmarks: results }
  }
  const machine = describeMachine(before, [floorBeforeUs, await measureReference()])
  console.log(json ? JSON.stringify({ ...report, machine }, undefined, 2) : `\n${machineLine(machine)}`)
  return failed ? 1 : 0
}

interface Parsed {
  readonly name: string | undefined
  readonly peer: boolean
  readonly json: boolean
  /** File to write a flame graph to, instead of measuring. */
  readonly flame: string | undefined
  readonly options: BenchmarkOptions
}

/** Or what is wrong with them. */
function parse(args: readonly string[]): Parsed | string {
  let values: { json: boolean; quick: boolean; rounds?: string; seconds?: string; peer?: string; flame?: string }
  let positionals: string[]
  try {
    ;({ values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        peer: { type: 'string' },
        flame: { type: 'string' },
      },
    }) as { values: typeof values; positionals: string[] })
  } catch (error) {
    return `${(error as Error).message}\n${usage()}`
  }
  const [name, ...others] = positionals
  if (others.length > 0) return usage()
  if (values.peer !== undefined && values.peer !== 'janus') return `--peer takes janus, not ${values.peer}`
  if (values.peer !== undefined) {
    if (name !== undefined && !(name in peerWorkloads)) {
      return `with --peer NAME is one of: ${Object.keys(peerWorkloads).join(', ')}`
    }
  } else if (name !== undefined && !isBenchmarkName(name)) return usage()
  if (values.flame !== undefined && name !== undefined && !(name in profileWorkloads)) {
    return `with --flame NAME is one of: ${Object.keys(profileWorkloads).join(', ')}`
  }
  const [usualRounds, usualSeconds] = values.peer === undefined ? [3, 3] : [6, 8]
  const rounds = Number(values.rounds ?? (values.quick ? 2 : usualRounds))
  const secondsPerRound = Number(values.seconds ?? (values.quick ? 2 : usualSeconds))
  // a pause longer than that costs whoever is stopped his ICE consent
  if (!(rounds >= 1 && rounds <= 100) || !(secondsPerRound >= 1 && secondsPerRound <= 9)) {
    return '--rounds takes 1 to 100, --seconds 1 to 9'
  }
  return {
    name,
    peer: values.peer !== undefined,
    json: values.json,
    flame: values.flame,
    options: { rounds, secondsPerRound, progress: (line) => console.error(line) },
  }
}

function usage(): string {
  return [
    'Usage: npm run bench -- [NAME] [--quick] [--rounds N] [--seconds N] [--json] [--peer janus] [--flame FILE.svg]',
    'Without NAME: all of B1 to B19 that this covers. NAME is one of:',
    ...benchmarks.map(({ name, about }) => `  ${name.padEnd(18)} ${about}`),
  ].join('\n')
}

const profileSeconds = 15
const referenceSeconds = 1.5

/** The floor of B1, before and after: how fast the machine is just now, for whoever compares runs. */
async function measureReference(): Promise<number> {
  const floor = await startFloor(videoFanOut(100))
  try {
    return await floor.measure(referenceSeconds)
  } finally {
    await floor.close()
  }
}

function describeMachine(before: ReturnType<typeof readMachineTime>, floorUs: readonly number[]) {
  const { loadAverage, steal } = machineLoadSince(before)
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
    loadAverage,
    loadAverageFiveMinutes: loadavg()[1] ?? 0,
    steal,
    floorUs,
  }
}

function machineLine(machine: ReturnType<typeof describeMachine>): string {
  const { processor, cores, node, loadAverage, steal, floorUs } = machine
  const floors = floorUs.map((us) => us.toFixed(2)).join(' and ')
  return [
    `${processor}, ${cores} cores, Node ${node}; load average ${loadAverage.toFixed(2)}, stolen ${(steal * 100).toFixed(1)} %;`,
    `the floor of B1 before and after: ${floors} µs a packet`,
  ].join('\n')
}
