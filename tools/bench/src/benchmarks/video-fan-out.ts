/** B1: one camera of 1.5 Mbit/s to 100 receivers, AES-GCM, RTX and transport-cc negotiated. */
import type { Benchmark } from '../benchmark.ts'
import { cpuFigures, measureCpu } from '../cpu.ts'
import { videoFanOut } from '../workload.ts'

export const benchmark: Benchmark = {
  id: 'B1',
  title: 'one camera to a hundred',
  async run(options) {
    const workload = videoFanOut(100)
    return cpuFigures(workload, await measureCpu(workload, options), { barUs: 4, goalUs: 2, barRatio: 2 })
  },
}
