import assert from 'node:assert/strict'
import { test } from 'node:test'
import { done } from '@parley/cluster'
import { type BridgeCall, EndpointCalls } from './endpoint-calls.ts'

const address = (endpointId: string) => ({ conferenceId: 'c', endpointId })
const creation = (endpointId: string) => ({ ...address(endpointId), conferenceName: 'r', media: [] })

function start() {
  const started: { id: number; call: BridgeCall }[] = []
  const calls = new EndpointCalls((id, call) => started.push({ id, call }))
  const names = () => started.map(({ call }) => call.method)
  return { calls, started, names }
}

test('an endpoint has one call in flight, different endpoints do not wait for each other', () => {
  const { calls, started, names } = start()
  const answers: string[] = []
  calls.expire(address('a'), () => answers.push('expired'))
  calls.create(creation('a'), () => answers.push('created'))
  calls.create(creation('b'), () => answers.push('b'))
  assert.deepEqual(names(), ['expireEndpoint', 'createEndpoint'])
  calls.finish(started[0]?.id ?? 0, done(undefined))
  assert.deepEqual(names(), ['expireEndpoint', 'createEndpoint', 'createEndpoint'])
  calls.finish(started[2]?.id ?? 0, done(undefined))
  assert.deepEqual(answers, ['expired', 'created'])
})

test('updates that wait are merged', () => {
  const { calls, started } = start()
  calls.create(creation('a'), () => {})
  const sources = { audio: [], video: [], groups: [] }
  calls.update({ ...address('a'), initialLastN: 3 }, () => assert.fail('merged away'))
  let answered = 0
  calls.update({ ...address('a'), sources }, () => answered++)
  calls.finish(started[0]?.id ?? 0, done(undefined))
  assert.deepEqual(started[1]?.call.request, { ...address('a'), initialLastN: 3, sources })
  calls.finish(started[1]?.id ?? 0, done(undefined))
  assert.equal(answered, 1)
  assert.equal(started.length, 2)
})

test('an expire drops what waits before it', () => {
  const { calls, started, names } = start()
  calls.create(creation('a'), () => {})
  calls.update(address('a'), () => assert.fail('dropped'))
  calls.expire(address('a'), () => {})
  calls.expire(address('a'), () => {})
  calls.finish(started[0]?.id ?? 0, done(undefined))
  calls.finish(started[1]?.id ?? 0, done(undefined))
  assert.deepEqual(names(), ['createEndpoint', 'expireEndpoint'])
})

test('an answer to no call is passed over', () => {
  const { calls, names } = start()
  calls.finish(7, done(undefined))
  calls.create(creation('a'), () => {})
  assert.deepEqual(names(), ['createEndpoint'])
})
