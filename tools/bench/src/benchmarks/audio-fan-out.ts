/** B2: one microphone to 100 receivers. */
import type { Benchmark } from '../benchmark.ts'
import { cpuFigures, measureCpu } from '../cpu.ts'
import { audioFanOut } from '../workload.ts'

export const benchmark: Benchmark = {
  id: 'B2',
  title: 'one microphone to a hundred',
  async run(options) {
    const workload = audioFanOut(100)
    return cpuFigures(workload, await measureCpu(workload, options), { barUs: 3.5, goalUs: 2.2 })
  },
}
