import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTally, readTapTally } from './tally.mjs'

test('the last closing line counts, and only a line of its own', () => {
  assert.deepEqual(readTally('1 passed, 2 failed\nmore\n30 passed, 0 failed\n'), { passed: 30, failed: 0 })
  assert.equal(readTally('we had 3 passed, 0 failed so far\n'), undefined)
  assert.equal(readTally('3 passed, 0 failed, 1 skipped\n'), undefined)
  assert.equal(readTally(''), undefined)
})

test("the summary of Node's own reporter: a cancelled test has not passed", () => {
  const tap =
    '# pass 3\nok 1 - x\n1..9\n# tests 9\n# suites 0\n# pass 5\n# fail 1\n# cancelled 2\n# skipped 1\n# todo 0\n'
  assert.deepEqual(readTapTally(tap.replace('# pass 3\n', '')), { passed: 5, failed: 3, skipped: 1 })
  assert.equal(readTapTally('TAP version 13\n'), undefined)
})
