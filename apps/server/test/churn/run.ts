/**
 * `npm run churn -- [--minutes N] [--seed N]`: people come and go each second, in every way that people do, while the server's
 * memory, descriptors, timers and tables are watched, and a call next door goes on. Exits with 1 when a bar was missed.
 */
import { parseArgs } from 'node:util'
import { judgeChurn, megabytes } from './bars.ts'
import { type ChurnSample, runChurn } from './churn.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
})
const minutes = Number(values.minutes)
if (!(minutes >= 0.5 && minutes <= 600) || !/^\d{1,9}$/.test(values.seed)) {
  console.error('Usage: npm run churn -- [--minutes 0.5…600] [--seed N]')
  process.exit(2)
}

console.log('    s  present  resident    heap      fds  timers  handles  rooms  endpoints')
const report = await runChurn({
  warmUpSeconds: Math.min(60, minutes * 15),
  seconds: Math.round(minutes * 60),
  sampleEverySeconds: 5,
  seed: Number(values.seed),
  onSample: (sample) => console.log(row(sample)),
})
console.log(`\nacts: ${list(report.acts)}`)
const { residentBytes, heapBytes, descriptors } = report.slopes
console.log(
  `slopes a minute: resident ${megabytes(residentBytes)}, heap ${megabytes(heapBytes)}, descriptors ${descriptors.toFixed(2)}`,
)
const findings = judgeChurn(report, {
  heapGrowthBytes: 2e6,
  residentGrowthBytes: 10e6 + minutes * 0.5e6,
  // Less says nothing: a heap takes minutes to find its size.
  residentSlopeBytes: minutes >= 3 ? 1e6 : undefined,
  p99Us: 20_000,
})
for (const { what, measured, isMet } of findings) console.log(`  ${isMet ? 'met   ' : 'MISSED'} ${what}: ${measured}`)
process.exit(findings.every(({ isMet }) => isMet) ? 0 : 1)

function row({
  atSeconds,
  present,
  residentBytes,
  heapBytes,
  descriptors,
  timers,
  handles,
  inventory,
}: ChurnSample): string {
  return [
    atSeconds.toFixed(0).padStart(5),
    String(present).padStart(7),
    megabytes(residentBytes).padStart(8),
    megabytes(heapBytes).padStart(8),
    String(descriptors).padStart(5),
    String(timers).padStart(6),
    String(handles).padStart(7),
    String(inventory.rooms).padStart(5),
    String(inventory.endpoints).padStart(9),
  ].join('  ')
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')
}
