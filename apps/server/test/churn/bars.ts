/** What churn may cost at most. */
import type { ChurnReport, EmptyHouse } from './churn.ts'

export interface ChurnFinding {
  readonly what: string
  readonly measured: string
  readonly isMet: boolean
}

export interface ChurnBars {
  /** Growth of the heap and of the resident memory from one empty house to the next, bytes. */
  readonly heapGrowthBytes: number
  readonly residentGrowthBytes: number
  /** While the crowd comes and goes, bytes a minute; `undefined` = too short a run to tell. */
  readonly residentSlopeBytes: number | undefined
  readonly p99Us: number
}

export function judgeChurn(report: ChurnReport, bars: ChurnBars): ChurnFinding[] {
  const { before, after, failures, nextDoor, slopes } = report
  const grown = (pick: (house: EmptyHouse) => number): number => pick(after) - pick(before)
  const same = (what: string, pick: (house: EmptyHouse) => number): ChurnFinding => ({
    what: `as many ${what} after as before`,
    measured: `${pick(before)}, then ${pick(after)}`,
    isMet: pick(after) <= pick(before),
  })
  const within = (what: string, value: number, bar: number, show: (value: number) => string): ChurnFinding => ({
    what: `${what} at most ${show(bar)}`,
    measured: show(value),
    isMet: value <= bar,
  })
  const findings = [
    {
      what: 'nothing failed',
      measured: list(failures) || 'nothing',
      isMet: Object.keys(failures).length === 0,
    },
    same('descriptors', ({ descriptors }) => descriptors),
    same('threads', ({ threads }) => threads),
    same('timers', ({ timers }) => timers),
    same('handles', ({ handles }) => handles),
    // Who is left is the call next door: `runChurn` waits for just that.
    same('rooms', ({ inventory }) => inventory.rooms),
    same('users', ({ inventory }) => inventory.users),
    same('endpoints', ({ inventory }) => inventory.endpoints),
    same('transports', ({ inventory }) => inventory.transports),
    within(
      'heap grown by',
      grown(({ heapBytes }) => heapBytes),
      bars.heapGrowthBytes,
      megabytes,
    ),
    within(
      'resident memory grown by',
      grown(({ residentBytes }) => residentBytes),
      bars.residentGrowthBytes,
      megabytes,
    ),
    {
      what: 'no packet lost next door',
      measured: `${nextDoor.missing} of ${nextDoor.packets}`,
      isMet: nextDoor.missing === 0,
    },
    within('latency next door, p99,', nextDoor.p99Us, bars.p99Us, (us) => `${(us / 1000).toFixed(1)} ms`),
  ]
  if (bars.residentSlopeBytes !== undefined) {
    findings.push(
      within('resident memory a minute', slopes.residentBytes, bars.residentSlopeBytes, megabytes),
      within('descriptors a minute', slopes.descriptors, 1, (count) => count.toFixed(2)),
    )
  }
  return findings
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count} × ${what}`)
    .join('; ')
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`
}
