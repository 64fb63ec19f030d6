import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run } from './run.mjs'

const node = process.execPath

test('output and exit code come back', async () => {
  const { code, output, isLate } = await run(node, ['-e', 'console.log(1); console.error(2); process.exit(3)'], {
    deadlineMs: 10_000,
  })
  assert.equal(code, 3)
  assert.equal(isLate, false)
  assert.deepEqual(output.trim().split('\n').sort(), ['1', '2'])
})

test('a program that is not done at the deadline ends, with everything that it started', async () => {
  const parent = `const { spawn } = require('child_process')
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
    setInterval(() => {}, 1000)`
  const { code, isLate, seconds } = await run(node, ['-e', parent], { deadlineMs: 1000 })
  assert.equal(code, 124)
  assert.equal(isLate, true)
  // The grandchild holds our pipe: had it survived, this would never have ended.
  assert.ok(seconds < 5)
})

test('a program that does not exist is a failure, not an exception', async () => {
  assert.equal((await run('/nonexistent/program', [], { deadlineMs: 1000 })).code, 127)
})
