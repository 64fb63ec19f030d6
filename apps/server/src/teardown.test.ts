import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Teardown } from './teardown.ts'

test('parts are closed in reverse, once, and one that fails or never ends does not stop the others', async () => {
  const closed: string[] = []
  const failed: string[] = []
  const teardown = new Teardown((_error, what) => failed.push(what))
  teardown.add('first', () => closed.push('first'))
  teardown.add('second', async () => {
    throw new Error('stuck')
  })
  teardown.add('endless', () => new Promise(() => {}), 20)
  teardown.add('third', async () => {
    await Promise.resolve()
    closed.push('third')
  })
  await Promise.all([teardown.run(), teardown.run()])
  assert.deepEqual(closed, ['third', 'first'])
  assert.deepEqual(failed, ['endless', 'second'])
})
