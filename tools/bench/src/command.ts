/** What every benchmark's command line has in common: `npm run bench -- NAME [--json] [--rounds N] [--seconds N]`. */
import { parseArgs } from 'node:util'

export interface BenchmarkOptions {
  readonly rounds: number
  readonly secondsPerRound: number
  /** To standard error: with --json standard output is the figures alone. */
  readonly progress: (line: string) => void
}

/** Run, then print the figures as JSON or as `table` makes them. Exits with 2 on bad options. */
export async function runBenchmark<Figures>(
  run: (options: BenchmarkOptions) => Promise<Figures>,
  table: (figures: Figures) => readonly string[],
): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '4' },
    },
  })
  const rounds = Number(values.rounds)
  const secondsPerRound = Number(values.seconds)
  if (!(rounds >= 1 && rounds <= 100) || !(secondsPerRound >= 1 && secondsPerRound <= 600)) {
    console.error('--rounds takes 1 to 100, --seconds 1 to 600')
    process.exit(2)
  }
  const figures = await run({ rounds, secondsPerRound, progress: (line) => console.error(line) })
  console.log(values.json ? JSON.stringify(figures, undefined, 2) : table(figures).join('\n'))
}
