/** B5: latency that forwarding adds, 10 000 packets a second leaving, evenly spaced. */
import type { Benchmark } from '../benchmark.ts'
import { latencyFigure, latencyRounds } from '../latency.ts'
import { smoothTenThousand as workload } from '../workload.ts'

export const benchmark: Benchmark = {
  id: 'B5',
  title: 'added latency, evenly spaced',
  async run(options) {
    const rounds = await latencyRounds(workload, options)
    return [
      latencyFigure(workload, rounds, 'p50Us', { barMs: 0.2, goalMs: 0.08 }),
      latencyFigure(workload, rounds, 'p99Us', { barMs: 1, goalMs: 0.4 }),
      latencyFigure(workload, rounds, 'p999Us', { barMs: 3, goalMs: 1 }),
    ]
  },
}
