/** What every benchmark is: a name, a measurement, and figures with the bar they are held against. */

export interface BenchmarkOptions {
  readonly rounds: number
  readonly secondsPerRound: number
  /** To standard error: with --json standard output is the figures alone. */
  readonly progress: (line: string) => void
}

export interface Benchmark {
  /** `B1` … as the list of bars calls it. */
  readonly id: string
  readonly title: string
  run(options: BenchmarkOptions): Promise<readonly Figure[]>
}

export interface Figure {
  readonly what: string
  readonly unit: string
  /** Median of the rounds; undefined = cannot be measured yet, and `note` says why. */
  readonly value: number | undefined
  /** Lowest and highest round. */
  readonly range?: readonly [number, number]
  /** The same, measured in the same run, of a program that does nothing but what cannot be left out. */
  readonly floor?: number
  readonly ratio?: number
  /** The value must not be beyond it for a release, and should not for the best there is. */
  readonly bar?: number
  readonly goal?: number
  /** Default `lower`. */
  readonly better?: 'lower' | 'higher'
  readonly note?: string
}

export type Verdict = 'goal' | 'bar' | 'missed' | 'not yet' | ''

/** What a figure has reached. */
export function judge({ value, bar, goal, better = 'lower' }: Figure): Verdict {
  if (value === undefined) return 'not yet'
  const reaches = (limit: number | undefined) =>
    limit !== undefined && (better === 'lower' ? value <= limit : value >= limit)
  if (reaches(goal)) return 'goal'
  if (reaches(bar)) return 'bar'
  return bar === undefined && goal === undefined ? '' : 'missed'
}

/** The table of one benchmark. */
export function printFigures(benchmark: Pick<Benchmark, 'id' | 'title'>, figures: readonly Figure[]): string[] {
  const rows = figures.map((figure) => [
    figure.what,
    figure.value === undefined ? '–' : `${number(figure.value)} ${figure.unit}`,
    figure.range ? figure.range.map(number).join('–') : '',
    figure.floor === undefined ? '' : number(figure.floor),
    figure.ratio === undefined ? '' : number(figure.ratio),
    figure.bar === undefined ? '' : number(figure.bar),
    figure.goal === undefined ? '' : number(figure.goal),
    judge(figure),
    figure.note ?? '',
  ])
  const header = ['', 'ours', 'rounds', 'floor', 'ratio', 'bar', 'goal', 'reached', '']
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 || column >= 7 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return ['', `${benchmark.id}  ${benchmark.title}`, `  ${line(header)}`, ...rows.map((row) => `  ${line(row)}`)]
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

export function range(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)]
}

/** Three digits that matter. */
function number(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (Math.abs(value) >= 100) return value.toFixed(0)
  if (Math.abs(value) >= 10) return value.toFixed(1)
  return value === 0 ? '0' : Number(value.toPrecision(3)).toString()
}
