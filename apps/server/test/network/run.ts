/**
 * `npm run rig -- NAME [--seed N]`: plays one scenario, or `all`, and prints what Ada received, second by second. Exits with 1
 * when a bar was missed.
 */
import { parseArgs } from 'node:util'
import { whyNoNetwork } from '@parley/rig'
import { openNetworkCall } from './network-call.ts'
import { HEADING, row } from './picture-table.ts'
import { judge, play, type Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' } },
})
const chosen = SCENARIOS.filter(({ name }) => positionals.includes(name) || positionals.includes('all'))
if (chosen.length === 0 || !/^\d{1,9}$/.test(values.seed)) {
  console.error('Usage: npm run rig -- NAME… [--seed N]; NAME is one of:')
  for (const { name, summary } of SCENARIOS) console.error(`  ${name.padEnd(10)} ${summary}`)
  console.error(`  ${'all'.padEnd(10)} one after the other, each in a call of its own`)
  process.exit(2)
}
const why = whyNoNetwork()
if (why !== undefined) {
  console.error(why)
  process.exit(2)
}
let isMissed = false
for (const scenario of chosen) isMissed = !(await show(scenario)) || isMissed
process.exit(isMissed ? 1 : 0)

async function show(scenario: Scenario): Promise<boolean> {
  console.log(`\n${scenario.name}: ${scenario.summary}`)
  const call = await openNetworkCall({ seed: Number(values.seed), isDetailed: scenario.isDetailed ?? false })
  try {
    console.log(HEADING)
    const run = await play(scenario, call, (phase, samples) => {
      if (samples.length > 0) console.log(row(phase.name, samples))
    })
    const { overflow } = await call.network.counters()
    if (overflow > 0) console.log(`  the relay itself dropped ${overflow} packets: the figures are not to be trusted`)
    const findings = judge(scenario, run)
    for (const { what, measured, isMet } of findings)
      console.log(`  ${isMet ? 'met   ' : 'MISSED'} ${what}: ${measured}`)
    return findings.every(({ isMet }) => isMet)
  } finally {
    await call.close()
  }
}
