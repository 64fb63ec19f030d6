/** B4: calls of two, where no work is shared between receivers: all of receiving and opening is paid for one copy. */
import type { Benchmark } from '../benchmark.ts'
import { cpuFigures, measureCpu } from '../cpu.ts'
import { pairs } from '../workload.ts'

export const benchmark: Benchmark = {
  id: 'B4',
  title: 'calls of two',
  run: async (options) => cpuFigures(pairs, await measureCpu(pairs, options), { barUs: 9, goalUs: 5 }),
}
