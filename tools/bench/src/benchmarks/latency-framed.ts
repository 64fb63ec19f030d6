/** B6: latency when whole frames go to a hundred at once, 50 000 packets a second: what the last of the hundred waits. */
import type { Benchmark } from '../benchmark.ts'
import { latencyFigure, latencyRounds } from '../latency.ts'
import { framedFiftyThousand as workload } from '../workload.ts'

export const benchmark: Benchmark = {
  id: 'B6',
  title: 'added latency, in frames',
  async run(options) {
    const rounds = await latencyRounds(workload, options)
    return [
      latencyFigure(workload, rounds, 'p50Us', { barMs: 3, goalMs: 1 }),
      latencyFigure(workload, rounds, 'p99Us', { barMs: 10, goalMs: 3 }),
    ]
  },
}
