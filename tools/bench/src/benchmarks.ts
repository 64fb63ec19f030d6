/** Which benchmarks there are, in the order of a whole run; each is a file of that name in `benchmarks/`. */
import type { Benchmark } from './benchmark.ts'

export const benchmarks = [
  { name: 'video-fan-out', about: 'B1: one camera to 100, CPU a forwarded packet' },
  { name: 'audio-fan-out', about: 'B2: one microphone to 100, CPU a forwarded packet' },
  { name: 'meeting', about: 'B3: sixteen people with simulcast, last-N and loudest-3; people a core' },
  { name: 'pairs', about: 'B4: calls of two, CPU a forwarded packet' },
  { name: 'latency', about: 'B5: added latency at 10 kpps, evenly spaced' },
  { name: 'latency-framed', about: 'B6: added latency at 50 kpps in frames, fan-out 100' },
  { name: 'memory', about: 'B7: memory a receiver and a sender' },
  { name: 'joins', about: 'B8: joins a second with the whole of signalling, ICE and DTLS' },
  { name: 'loss', about: 'B11: 5 % loss each way at 50 ms: what remains, time of repair, overhead' },
  { name: 'key-frame-storm', about: 'B14: 50 joins in a second: key frames asked for, time to a picture' },
  { name: 'hostile', about: 'B15: junk from unknown sources: CPU a dropped packet, effect on latency' },
  { name: 'two-threads', about: 'B18: two threads: speed-up with two rooms and with one' },
  { name: 'isolation', about: 'B19: latency while the JavaScript thread is blocked' },
  { name: 'forward', about: 'CPU a packet for 1 to 50 and for ten in a mesh, and latency; not part of a whole run' },
] as const

export type BenchmarkName = (typeof benchmarks)[number]['name']

export const defaultNames: readonly BenchmarkName[] = benchmarks
  .map(({ name }) => name)
  .filter((name) => name !== 'forward')

export function isBenchmarkName(name: string): name is BenchmarkName {
  return benchmarks.some((benchmark) => benchmark.name === name)
}

export async function loadBenchmark(name: BenchmarkName): Promise<Benchmark> {
  const { benchmark } = (await import(`./benchmarks/${name}.ts`)) as { benchmark: Benchmark }
  return benchmark
}
