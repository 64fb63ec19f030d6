import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LocalEventSource } from './events.ts'
import type { Numbered } from './events.ts'

test('every listener gets every event, numbered from 1 without gaps', () => {
  const source = new LocalEventSource<string>((error) => assert.fail(String(error)))
  const seen: Numbered<string>[] = []
  source.publish('nobody listens')
  source.subscribe((numbered) => seen.push(numbered))
  source.publish('a')
  source.publish('b')
  assert.deepEqual(seen, [
    { sequence: 2, event: 'a' },
    { sequence: 3, event: 'b' },
  ])
})

test('a listener that throws is reported, stays, and harms nobody', () => {
  const errors: unknown[] = []
  const source = new LocalEventSource<string>((error) => errors.push(error))
  const failure = new Error('listener')
  const seen: string[] = []
  source.subscribe(() => {
    throw failure
  })
  source.subscribe(({ event }) => seen.push(event))
  source.publish('a')
  source.publish('b')
  assert.deepEqual(errors, [failure, failure])
  assert.deepEqual(seen, ['a', 'b'])
})

test('unsubscribing is idempotent and may happen during publish', () => {
  const source = new LocalEventSource<string>((error) => assert.fail(String(error)))
  const seen: string[] = []
  const stop = source.subscribe(({ event }) => {
    seen.push(event)
    stop()
    stop()
  })
  source.publish('a')
  source.publish('b')
  assert.deepEqual(seen, ['a'])
})
