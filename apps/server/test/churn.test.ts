/** Nothing grows while people come and go; for hours by `npm run churn -- --minutes N`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeChurn } from './churn/bars.ts'
import { runChurn } from './churn/churn.ts'

const why = process.platform === 'linux' ? undefined : 'descriptors and memory of another process are read from /proc'

test('a crowd that comes and goes leaves nothing behind and disturbs nobody', {
  timeout: 120_000,
  ...(why !== undefined && { skip: why }),
}, async (t) => {
  const report = await runChurn({ warmUpSeconds: 8, seconds: 20, sampleEverySeconds: 5, seed: 3 })
  const findings = judgeChurn(report, {
    // What a heap takes to find its size within a minute; a leak of this rate is found by the command.
    heapGrowthBytes: 3e6,
    residentGrowthBytes: 20e6,
    residentSlopeBytes: undefined,
    // Of a machine that may be busy with other tests.
    p99Us: 100_000,
  })
  for (const { what, measured } of findings) t.diagnostic(`${what}: ${measured}`)
  assert.ok((report.acts.join ?? 0) >= 20, 'people came')
  assert.deepEqual(
    findings.filter(({ isMet }) => !isMet).map(({ what, measured }) => `${what}: ${measured}`),
    [],
  )
})
