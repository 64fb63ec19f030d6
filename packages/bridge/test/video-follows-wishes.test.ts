import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Meeting, cameraAndMicrophone } from './meeting.ts'

const first = { aaaa: 4_000_000_100, bbbb: 4_000_000_200, cccc: 4_000_000_300 }
const three = async () => {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', first.aaaa)
  const b = await meeting.call('bbbb', first.bbbb)
  const c = await meeting.call('cccc', first.cccc)
  return { meeting, a, b, c }
}
const wish = { colibriClass: 'ReceiverVideoConstraints' as const }

test('audio of everybody else comes at once, video with the first constraints', async () => {
  const meeting = new Meeting()
  await meeting.call('aaaa', first.aaaa)
  const b = await meeting.join('bbbb')
  meeting.settle()
  assert.deepEqual(b.forwarded, ['4000000100@0'])
  b.open()
  meeting.settle()
  assert.deepEqual(b.forwarded, ['4000000100@0'])
  b.say({ ...wish, lastN: -1 })
  meeting.settle()
  assert.deepEqual(b.forwarded, ['4000000100@0', '4000000110@0'])
  assert.deepEqual(b.take('ForwardedSources').at(-1)?.forwardedSources, ['aaaa-v0'])
})

test('everybody gets everybody else and never itself', async () => {
  const { a, b, c } = await three()
  assert.deepEqual(a.forwarded, ['4000000200@0', '4000000300@0', '4000000210@2', '4000000310@2'])
  assert.deepEqual(b.forwarded, ['4000000100@0', '4000000300@0', '4000000110@2', '4000000310@2'])
  assert.deepEqual(c.forwarded, ['4000000100@0', '4000000200@0', '4000000110@2', '4000000210@2'])
})

test('a layout: one on stage, thumbnails beside it, the rest hidden', async () => {
  const { meeting, a } = await three()
  a.take('ForwardedSources')
  a.say({
    ...wish,
    onStageSources: ['cccc-v0'],
    defaultConstraints: { maxHeight: 0 },
    constraints: new Map([['cccc-v0', { maxHeight: 400 }]]),
  })
  meeting.settle()
  assert.deepEqual(a.forwarded, ['4000000200@0', '4000000300@0', '4000000310@1'])
  assert.deepEqual(a.take('ForwardedSources'), [{ colibriClass: 'ForwardedSources', forwardedSources: ['cccc-v0'] }])
})

test('senders hear the greatest wish when it changes, and 0 when nobody wants them', async () => {
  const { meeting, a, b, c } = await three()
  assert.equal(a.take('SenderSourceConstraints').at(-1)?.maxHeight, 720)
  b.say({ ...wish, defaultConstraints: { maxHeight: 180 } })
  meeting.settle()
  assert.deepEqual(a.take('SenderSourceConstraints'), [], 'the other receiver still wants 720')
  c.say({ ...wish, defaultConstraints: { maxHeight: 360 } })
  meeting.settle()
  const told = (maxHeight: number) => [{ colibriClass: 'SenderSourceConstraints', sourceName: 'aaaa-v0', maxHeight }]
  assert.deepEqual(a.take('SenderSourceConstraints'), told(360))
  await c.leave()
  meeting.settle()
  assert.deepEqual(a.take('SenderSourceConstraints'), told(180))
  b.say({ ...wish, lastN: 0 })
  meeting.settle()
  assert.deepEqual(a.take('SenderSourceConstraints'), told(0))
})

test('senders are not told to rest before those who join have said what they want', async () => {
  const meeting = new Meeting()
  const a = await meeting.join('aaaa')
  await a.update({ sources: cameraAndMicrophone('aaaa', first.aaaa) })
  a.open()
  meeting.settle()
  const b = await meeting.join('bbbb')
  b.open()
  meeting.settle()
  assert.deepEqual(a.take('SenderSourceConstraints'), [])
  const heights = () => a.take('SenderSourceConstraints').map(({ maxHeight }) => maxHeight)
  b.say({ ...wish, defaultConstraints: { maxHeight: 720 } })
  meeting.settle()
  assert.deepEqual(heights(), [720])
  b.say({ ...wish, defaultConstraints: { maxHeight: 0 } })
  const c = await meeting.join('cccc')
  meeting.settle()
  assert.deepEqual(heights(), [], 'the third may want something')
  c.open()
  c.say({ ...wish, defaultConstraints: { maxHeight: 0 } })
  meeting.settle()
  assert.deepEqual(heights(), [0])
  await c.leave()
  await b.leave()
  meeting.settle()
  assert.deepEqual(heights(), [])
})

test('a muted camera is not forwarded and comes back when it sends again', async () => {
  const { meeting, a, b } = await three()
  b.take('ForwardedSources')
  a.say({ colibriClass: 'SourceVideoTypeMessage', sourceName: 'aaaa-v0', videoType: 'none' })
  meeting.settle()
  assert.deepEqual(b.take('ForwardedSources').at(-1)?.forwardedSources, ['cccc-v0'])
  assert.ok(!b.forwarded.includes('4000000110@2'))
  a.say({ colibriClass: 'SourceVideoTypeMessage', sourceName: 'aaaa-v0', videoType: 'camera' })
  meeting.settle()
  assert.ok(b.forwarded.includes('4000000110@2'))
})

test('a video type told ahead of the source counts when the source comes', async () => {
  const { meeting, a, b } = await three()
  a.say({ colibriClass: 'SourceVideoTypeMessage', sourceName: 'aaaa-v1', videoType: 'none' })
  const camera = cameraAndMicrophone('aaaa', first.aaaa)
  const screen = { ssrc: 4_000_000_190, name: 'aaaa-v1', msid: 's t', videoType: 'desktop' as const }
  await a.update({ sources: { ...camera, video: [...camera.video, screen] } })
  meeting.settle()
  assert.ok(!b.forwarded.includes('4000000190@0'))
  a.say({ colibriClass: 'SourceVideoTypeMessage', sourceName: 'aaaa-v1', videoType: 'desktop' })
  meeting.settle()
  assert.ok(b.forwarded.includes('4000000190@0'))
})

test('a source that is signalled anew is not muted because an earlier one was', async () => {
  const { meeting, a, b } = await three()
  a.say({ colibriClass: 'SourceVideoTypeMessage', sourceName: 'aaaa-v0', videoType: 'none' })
  await a.update({ sources: { audio: [], video: [], groups: [] } })
  await a.update({ sources: cameraAndMicrophone('aaaa', first.aaaa) })
  meeting.settle()
  assert.ok(b.forwarded.includes('4000000110@2'))
})

test("nobody can type another's source", async () => {
  const { meeting, b } = await three()
  b.say({ colibriClass: 'SourceVideoTypeMessage', sourceName: 'aaaa-v0', videoType: 'none' })
  meeting.settle()
  assert.ok(b.forwarded.includes('4000000110@2'))
})

test('a force-muted kind is blocked in the engine, also for sources that come later', async () => {
  const { meeting, a, b } = await three()
  const blocked = () =>
    [...meeting.engine.sources.values()].filter((s) => s.isBlocked).map((s) => s.options.encodings[0]?.ssrc)
  await a.update({ forceMute: { audio: true, video: false } })
  assert.deepEqual(blocked(), [4_000_000_100])
  await a.update({ forceMute: { audio: true, video: true } })
  meeting.settle()
  assert.deepEqual(blocked(), [4_000_000_100, 4_000_000_110])
  assert.ok(!b.forwarded.includes('4000000110@2'), 'no wish is wasted on it')
  const { audio } = cameraAndMicrophone('aaaa', first.aaaa)
  const second = { ssrc: 4_000_000_199, name: 'aaaa-a1', msid: 's t' }
  await a.update({ sources: { audio: [...audio, second], video: [], groups: [] } })
  assert.deepEqual(blocked(), [4_000_000_100, 4_000_000_199])
  await a.update({ forceMute: { audio: false, video: false } })
  assert.deepEqual(blocked(), [])
})

test('an audio subscription narrows what is heard', async () => {
  const { meeting, a } = await three()
  const audioOf = () => a.forwarded.filter((target) => target.endsWith('00@0'))
  const subscription = { colibriClass: 'ReceiverAudioSubscription' as const, include: [] }
  a.say({ ...subscription, all: true, exclude: ['bbbb-a0'] })
  meeting.settle()
  assert.deepEqual(audioOf(), ['4000000300@0'])
  a.say({ ...subscription, all: false, include: ['bbbb-a0'], exclude: [] })
  meeting.settle()
  assert.deepEqual(audioOf(), ['4000000200@0'])
})

test('lastN of signalling limits until the client sets its own', async () => {
  const meeting = new Meeting()
  await meeting.call('aaaa', first.aaaa)
  await meeting.call('bbbb', first.bbbb)
  const c = await meeting.join('cccc')
  await c.update({ initialLastN: 1 })
  c.open()
  c.say({ ...wish, defaultConstraints: { maxHeight: 180 } })
  meeting.settle()
  assert.deepEqual(c.forwarded.slice(2), ['4000000110@0'])
  c.say({ colibriClass: 'LastNChangedEvent', lastN: 2 })
  meeting.settle()
  assert.deepEqual(c.forwarded.slice(2), ['4000000110@0', '4000000210@0'])
})

test('a storm of wishes costs a pass in 20 ms', async () => {
  const { meeting, a } = await three()
  const transport = meeting.engine.transports.get(a.transport)!
  const before = transport.forwardingCalls
  for (let i = 0; i < 100; i++) a.say({ ...wish, defaultConstraints: { maxHeight: i % 2 ? 180 : 360 } })
  meeting.settle()
  assert.equal(transport.forwardingCalls, before + 1)
  for (let i = 0; i < 100; i++) {
    a.say({ ...wish, defaultConstraints: { maxHeight: i % 2 ? 180 : 360 } })
    meeting.timers.advance(1)
  }
  assert.ok(transport.forwardingCalls <= before + 7, 'one in 20 ms')
  const settled = transport.forwardingCalls
  a.say({ ...wish, selectedSources: [] })
  meeting.settle()
  assert.equal(transport.forwardingCalls, settled, 'the engine is not told what it knows')
})

test('a receiver that becomes reachable gets key frames', async () => {
  const { meeting, a, b } = await three()
  const requests = () => [...meeting.engine.sources.values()].map((s) => s.keyFrameRequests).join(' ')
  assert.equal(requests(), '0 0 0 0 0 0')
  meeting.bridge.onEngineEvents([{ type: 'transport-state', transport: a.transport, state: 'connected' }])
  assert.equal(requests(), '0 0 0 1 0 1')
  await b.leave()
  meeting.bridge.onEngineEvents([{ type: 'transport-state', transport: a.transport, state: 'connected' }])
  assert.equal(requests(), '0 0 0 2', 'and none of a source that has just gone')
  assert.deepEqual(
    meeting.logged.filter((line) => line.level === 'error'),
    [],
  )
})

test("one receiver's dead transport does not keep the others from theirs", async () => {
  const { meeting, a, b, c } = await three()
  meeting.engine.transports.delete(a.transport)
  b.say({ ...wish, lastN: 0 })
  await c.update({ sources: { audio: [], video: [], groups: [] } })
  meeting.settle()
  assert.deepEqual(b.forwarded, ['4000000100@0'])
  assert.ok(meeting.logged.some((line) => line.message === 'engine refused forwarding'))
})

test('what an overloaded engine refuses is asked again a second later', async () => {
  const { meeting, a } = await three()
  meeting.engine.isOverloaded = true
  a.say({ ...wish, lastN: 0 })
  meeting.settle()
  meeting.engine.isOverloaded = false
  assert.equal(a.forwarded.length, 4)
  meeting.timers.advance(1000)
  assert.deepEqual(a.forwarded, ['4000000200@0', '4000000300@0'])
})
