// `npm test`: from a fresh clone to one line `N passed, N failed`. `npm test -- unit e2e` runs only those suites.
import { buildEngine, buildWeb } from './steps/build.mjs'
import { installDependencies } from './steps/install.mjs'
import { requireCompiler, requireNode } from './steps/requirements.mjs'
import { stopRunningOnSignals } from './steps/run.mjs'
import { StopError } from './steps/stop.mjs'
import { suites } from './steps/suites.mjs'
import { formatTally } from './steps/tally.mjs'
import { provideTestTools } from './steps/test-tools.mjs'

const MAX_SHOWN = 30_000

const wanted = process.argv.slice(2)
const total = { passed: 0, failed: 0 }

stopRunningOnSignals()
try {
  const unknown = wanted.filter((name) => !suites.some((suite) => suite.name === name))
  if (unknown.length > 0) {
    throw new StopError(
      `There is no suite ${unknown.join(', ')}; there are: ${suites.map(({ name }) => name).join(', ')}.`,
    )
  }
  requireNode()
  await provideTestTools()
  requireCompiler()
  await installDependencies()
  await Promise.all([buildEngine(), buildWeb()])
  for (const suite of suites.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) await runSuite(suite)
} catch (error) {
  total.failed++
  console.error(error instanceof StopError ? `\n${error.message}` : error)
}
console.log(`\n${formatTally(total)}`)
process.exit(total.failed === 0 ? 0 : 1)

async function runSuite(suite) {
  const { passed, failed, skipped, output, seconds } = await suite.run()
  total.passed += passed
  total.failed += failed
  const outcome = failed === 0 ? 'ok    ' : 'FAILED'
  const skips = skipped ? `, ${skipped} skipped` : ''
  // Not in the form of the closing line, which must be the only one.
  console.log(`${outcome} ${suite.name}: ${passed} of ${passed + failed}${skips} (${seconds.toFixed(1)} s)`)
  if (failed > 0) console.log(indent(output.trimEnd().slice(-MAX_SHOWN)))
}

function indent(text) {
  return text.replace(/^/gm, '  | ')
}
