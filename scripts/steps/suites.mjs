// The test suites, in the order in which they run: cheap ones first.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDirectory, root } from './paths.mjs'
import { run } from './run.mjs'
import { readTally, readTapTally } from './tally.mjs'

/**
 * @typedef {{ passed: number, failed: number, skipped?: number, output: string, seconds: number }} SuiteResult
 * @type {readonly { name: string, run: () => Promise<SuiteResult> }[]}
 */
export const suites = [
  { name: 'check', run: () => command(['scripts/check.mjs'], 300_000) },
  { name: 'native', run: () => command(['packages/media-engine/native/run-tests.mjs'], 300_000) },
  {
    name: 'fuzz',
    run: () => command(['packages/media-engine/native/run-fuzz.mjs', '--seconds', FUZZ_SECONDS], 300_000),
  },
  {
    name: 'unit',
    run: () => nodeTests('unit', unitTests(), { concurrency: 2, testTimeoutMs: 60_000, deadlineMs: 300_000 }),
  },
  {
    name: 'e2e',
    run: () => nodeTests('e2e', e2eTests(), { concurrency: 1, testTimeoutMs: 180_000, deadlineMs: 900_000 }),
  },
]

/** For each target; a long run is a command of its own. */
const FUZZ_SECONDS = '5'

/** Tests that need nothing but the code: they may run side by side. */
function unitTests() {
  return testFiles().filter((file) => !isE2e(file))
}

/** Tests with a whole server and browsers: one after the other. */
function e2eTests() {
  return testFiles().filter(isE2e)
}

function isE2e(file) {
  return file.startsWith('apps/server/test/')
}

function testFiles() {
  return ['packages', 'apps', 'tools', 'scripts'].flatMap(walk).filter((file) => /\.test\.(?:ts|tsx|mjs)$/.test(file))
}

function walk(directory) {
  return readdirSync(join(root, directory))
    .filter((name) => !['node_modules', 'dist', 'build', '.cache'].includes(name))
    .sort()
    .flatMap((name) => {
      const path = `${directory}/${name}`
      return statSync(join(root, path)).isDirectory() ? walk(path) : [path]
    })
}

/** A program that closes with `N passed, N failed`. One that does not, or contradicts it by its exit code, has failed. */
async function command(args, deadlineMs) {
  const env = { NO_COLOR: '1', FORCE_COLOR: '0' }
  const { code, output, seconds } = await run(process.execPath, args, { deadlineMs, env })
  const tally = readTally(output) ?? { passed: 0, failed: 0 }
  const failed = code !== 0 && tally.failed === 0 ? 1 : tally.failed
  return { passed: tally.passed, failed, output, seconds }
}

async function nodeTests(name, files, { concurrency, testTimeoutMs, deadlineMs }) {
  if (files.length === 0) return { passed: 0, failed: 1, output: 'There are no tests.', seconds: 0 }
  const directory = join(cacheDirectory, 'tests')
  mkdirSync(directory, { recursive: true })
  const tapFile = join(directory, `${name}.tap`)
  rmSync(tapFile, { force: true })
  const { code, output, seconds, isLate } = await run(
    process.execPath,
    [
      ...['-C', 'source', '--import', 'tsx', '--test'],
      ...[`--test-concurrency=${concurrency}`, `--test-timeout=${testTimeoutMs}`],
      ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
      ...['--test-reporter=tap', `--test-reporter-destination=${tapFile}`],
      ...files,
    ],
    { deadlineMs, env: { FORCE_COLOR: '0' } },
  )
  const tap = isLate ? '' : readOrEmpty(tapFile)
  const tally = readTapTally(tap)
  if (!tally) return { passed: 0, failed: 1, output, seconds }
  const failed = code !== 0 && tally.failed === 0 ? 1 : tally.failed
  return { ...tally, failed, output, seconds }
}

function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
