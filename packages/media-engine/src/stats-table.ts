/**
 * Statistics as the engine writes them: one array of numbers, used again for each reading, with rows that are looked at
 * through one view each, so that a reading leaves no garbage however many transports there are. The order of parts is that
 * of `native/engine/stats_table.h`; names and widths of columns come from there too.
 */
import type { NativeEngine, NativeHandle, NativeStatsLayout } from './native.ts'
import { srtpProfiles } from './srtp-keys.ts'
import type {
  EngineHistograms,
  EngineStats,
  EngineTotals,
  LayerStats,
  StatsSample,
  ThreadStats,
  TransportState,
  TransportStats,
} from './types.ts'

/** As in `enum class TransportState` of `native/engine/events.h`. */
const transportStates: readonly TransportState[] = [
  'new',
  'connecting',
  'connected',
  'disconnected',
  'failed',
  'closed',
]

export function stateOf(number: number): TransportState {
  return transportStates[number] ?? 'failed'
}

export class StatsTable implements StatsSample {
  readonly #native: Pick<NativeEngine, 'readSample'>
  readonly #layout: NativeStatsLayout
  readonly #threads: Rows<ThreadStats>
  readonly #transports: Rows<TransportStats>
  readonly #layers: Rows<LayerStats>
  #numbers = new Float64Array(firstSize)

  constructor(native: Pick<NativeEngine, 'readSample' | 'statsLayout'>) {
    this.#native = native
    this.#layout = native.statsLayout()
    this.#threads = new Rows(this.#layout.threads)
    this.#transports = new Rows<TransportStats>(this.#layout.transports, {
      state: stateOf,
      overTcp: isSet,
      srtpProfile: (id) => profileNames.get(id) ?? '',
    })
    this.#layers = new Rows<LayerStats>(this.#layout.layers, { active: isSet })
  }

  /** What the engine has ready for this handle. */
  read(handle: NativeHandle): void {
    const size = this.#native.readSample(handle, this.#numbers)
    if (size > this.#numbers.length) {
      this.#numbers = new Float64Array(size * spare)
      this.#native.readSample(handle, this.#numbers)
    }
    const [threads = 0, transports = 0, layers = 0] = this.#numbers
    const { totals, drops, histograms } = this.#layout
    let at = countsSize + totals.length + drops.length
    for (const name in histograms) at += histograms[name as keyof EngineHistograms]
    at = this.#threads.place(this.#numbers, at, threads)
    at = this.#transports.place(this.#numbers, at, transports)
    this.#layers.place(this.#numbers, at, layers)
  }

  totals(): EngineTotals {
    const { totals, drops, histograms } = this.#layout
    let at = countsSize
    const sums = Object.fromEntries(totals.map((name) => [name, this.#numbers[at++] ?? 0]))
    const counts = drops.map((reason): [string, number] => [reason, this.#numbers[at++] ?? 0])
    const distributions = Object.entries(histograms).map(([name, size]) => {
      at += size
      return [name, [...this.#numbers.subarray(at - size, at)]]
    })
    return {
      ...(sums as unknown as Omit<EngineTotals, 'drops' | 'histograms'>),
      drops: Object.fromEntries(counts.filter(([, count]) => count > 0)),
      histograms: Object.fromEntries(distributions) as unknown as EngineHistograms,
    }
  }

  forEachThread(visit: (stats: ThreadStats) => void): void {
    this.#threads.forEach(visit)
  }

  forEachTransport(visit: (stats: TransportStats) => void): void {
    this.#transports.forEach(visit)
  }

  forEachLayer(visit: (stats: LayerStats) => void): void {
    this.#layers.forEach(visit)
  }

  toStats(): EngineStats {
    return {
      ...this.totals(),
      threads: this.#threads.copy(),
      transports: this.#transports.copy(),
      layers: this.#layers.copy(),
    }
  }
}

/** What a number means, where it is none. */
type Readers<Row> = { readonly [Name in keyof Row]?: (number: number) => Row[Name] }

/** Rows of one kind, lying one after the other, and the one view of them. */
class Rows<Row extends object> {
  readonly #columns: readonly string[]
  readonly #view: Row
  // Of the view's getters, which are made once and must find the row where it is now.
  #numbers: Float64Array = new Float64Array(0)
  #at = 0
  #first = 0
  #count = 0

  constructor(columns: readonly string[], readers: Readers<Row> = {}) {
    this.#columns = columns
    const getters = columns.map((name, column): [string, PropertyDescriptor] => {
      const read = readers[name as keyof Row] as ((number: number) => unknown) | undefined
      const get = read ? () => read(this.#numbers[this.#at + column] ?? 0) : () => this.#numbers[this.#at + column] ?? 0
      return [name, { get, enumerable: true }]
    })
    this.#view = Object.defineProperties({}, Object.fromEntries(getters)) as Row
  }

  /** Where the rows begin. @returns where they end */
  place(numbers: Float64Array, first: number, count: number): number {
    this.#numbers = numbers
    this.#first = first
    this.#count = count
    return first + count * this.#columns.length
  }

  forEach(visit: (row: Row) => void): void {
    for (let i = 0; i < this.#count; i++) {
      this.#at = this.#first + i * this.#columns.length
      visit(this.#view)
    }
  }

  copy(): Row[] {
    const rows: Row[] = []
    this.forEach((row) => void rows.push({ ...row }))
    return rows
  }
}

function isSet(number: number): boolean {
  return number !== 0
}

const profileNames = new Map(Object.entries(srtpProfiles).map(([name, { id }]) => [id, name]))
/** Rows of threads, transports and layers. */
const countsSize = 3
const firstSize = 1024
/** More is taken than is needed, since a table that has grown goes on growing. */
const spare = 2
