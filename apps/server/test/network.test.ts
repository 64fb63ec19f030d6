/** A real call over bad networks. More of them, and a look at what happens second by second, by `npm run rig -- NAME`. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { whyNoNetwork } from '@parley/rig'
import { type NetworkCall, openNetworkCall } from './network/network-call.ts'
import { HEADING, row } from './network/picture-table.ts'
import { judge, play } from './network/scenario.ts'
import { scenario } from './network/scenarios.ts'

const why = whyNoNetwork()
let call: NetworkCall | undefined
before(async () => {
  if (why === undefined) call = await openNetworkCall()
})
after(() => call?.close())

for (const name of ['distance', 'router', 'outage']) {
  const chosen = scenario(name)
  test(chosen.summary, { timeout: 60_000, ...(why !== undefined && { skip: why }) }, async (t) => {
    assert.ok(call)
    const run = await play(chosen, call)
    const findings = judge(chosen, run)
    for (const { what, measured } of findings) t.diagnostic(`${what}: ${measured}`)
    if (findings.some(({ isMet }) => !isMet)) {
      t.diagnostic(HEADING)
      for (const { phase, samples } of run.phases) {
        for (let at = 0; at < samples.length; at += 5) t.diagnostic(row(phase.name, samples.slice(at, at + 5)))
      }
    }
    assert.deepEqual(
      findings.filter(({ isMet }) => !isMet).map(({ what, measured }) => `${what}: ${measured}`),
      [],
    )
    assert.equal((await call.network.counters()).overflow, 0, 'the relay itself lost packets')
  })
}
