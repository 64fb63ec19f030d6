/**
 * The short way to see how forwarding does: CPU time a packet for one sender and fifty receivers and for ten people in a full
 * mesh, beside the floor of the same run, and the latency with the JavaScript thread free, blocked and computing.
 */
import type { Benchmark } from '../benchmark.ts'
import { cpuFigures, measureCpu } from '../cpu.ts'
import { latencyFigure, latencyRounds } from '../latency.ts'
import { meshOfTen, smoothTenThousand, videoFanOut } from '../workload.ts'
import { benchmark as isolation } from './isolation.ts'

export const benchmark: Benchmark = {
  id: 'B0',
  title: 'forwarding at a glance',
  async run(options) {
    const latency = await latencyRounds(smoothTenThousand, options)
    return [
      ...(await cpu(videoFanOut(50), options)),
      ...(await cpu(meshOfTen, options)),
      latencyFigure(smoothTenThousand, latency, 'p50Us'),
      latencyFigure(smoothTenThousand, latency, 'p99Us', { barMs: 2, goalMs: 0.4 }),
      ...(await isolation.run(options)),
    ]
  },
}

async function cpu(workload: ReturnType<typeof videoFanOut>, options: Parameters<Benchmark['run']>[0]) {
  return cpuFigures(workload, await measureCpu(workload, options), { barRatio: 3 })
}
