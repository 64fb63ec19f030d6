import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Meeting } from './meeting.ts'
import type { LayerStats, SourceId } from '@parley/media-engine'
import type { Participant } from './meeting.ts'

async function three() {
  const meeting = new Meeting()
  const a = await meeting.call('aaaa', 4_000_000_100)
  const b = await meeting.call('bbbb', 4_000_000_200)
  const c = await meeting.call('cccc', 4_000_000_300)
  const estimate = (participant: Participant, bps: number) => {
    meeting.bridge.onEngineEvents([{ type: 'bandwidth-estimate', transport: participant.transport, bps }])
    meeting.settle()
  }
  return { meeting, a, b, c, estimate }
}
const measured = (source: SourceId, layer: Partial<LayerStats>): LayerStats => {
  const usual = { encoding: 0, spatial: 0, temporal: 0, bitrateBps: 0, framesPerSecond: 30, active: true }
  return { source, width: 0, height: 0, ...usual, ...layer }
}
const cameraOf = (meeting: Meeting, { transport }: Participant): SourceId => {
  const camera = [...meeting.engine.sources].find(([, { options }]) => {
    return options.transport === transport && options.kind === 'video'
  })
  assert.ok(camera)
  return camera[0]
}
/** VP9 L3T3_KEY of one camera. */
const threeByThree = (source: SourceId): LayerStats[] =>
  [0, 1, 2].flatMap((spatial) =>
    [0, 1, 2].map((temporal) => {
      const bitrateBps = ([100_000, 300_000, 1_200_000][spatial] as number) * ([0.5, 0.7, 1][temporal] as number)
      const size = { width: 320 << spatial, height: 180 << spatial }
      return measured(source, { spatial, temporal, bitrateBps, framesPerSecond: 30 / 2 ** (2 - temporal), ...size })
    }),
  )
const video = (participant: Participant) => participant.forwarded.slice(2).join(' ')

test('a receiver gets what its network carries, and the others what theirs do', async () => {
  const { a, b, estimate } = await three()
  assert.equal(video(a), '4000000210@2 4000000310@2')
  estimate(a, 900_000)
  assert.equal(video(a), '4000000210@1 4000000310@0')
  assert.equal(video(b), '4000000110@2 4000000310@2')
})

test('senders are told what is wished for, not what fits: the way may widen any time', async () => {
  const { a, b, c, estimate } = await three()
  a.take('SenderSourceConstraints')
  estimate(b, 300_000)
  estimate(c, 300_000)
  assert.deepEqual(a.take('SenderSourceConstraints'), [])
})

test('what no longer fits is not forwarded, and the client hears so', async () => {
  const { a, estimate } = await three()
  a.take('ForwardedSources')
  estimate(a, 250_000)
  assert.equal(video(a), '4000000210@0')
  assert.deepEqual(a.take('ForwardedSources').at(-1)?.forwardedSources, ['bbbb-v0'])
})

test('a link that recovers is used again after 10 s', async () => {
  const { meeting, a, estimate } = await three()
  estimate(a, 900_000)
  estimate(a, 1_000_000)
  estimate(a, 1_250_000)
  meeting.timers.advance(5000)
  assert.equal(video(a), '4000000210@1 4000000310@0')
  meeting.timers.advance(7000)
  assert.equal(video(a), '4000000210@1 4000000310@1')
})

test('measured bit rates count, not the usual ones', async () => {
  const { meeting, a, b, c, estimate } = await three()
  const cameras = [b, c].map((sender) => cameraOf(meeting, sender))
  meeting.engine.layers = cameras.flatMap((source) => {
    return [100_000, 250_000, 400_000].map((bitrateBps, encoding) => measured(source, { encoding, bitrateBps }))
  })
  meeting.timers.advance(2000)
  estimate(a, 900_000)
  assert.equal(video(a), '4000000210@2 4000000310@2')
})

test('of one stream with layers everybody gets those that fit, slower before smaller than thumbnails', async () => {
  const { meeting, a, b, c, estimate } = await three()
  meeting.engine.layers = [b, c].flatMap((sender) => threeByThree(cameraOf(meeting, sender)))
  meeting.timers.advance(1100)
  const layers = (participant: Participant) => meeting.engine.layersTo(participant.transport).slice(2).join(' ')
  assert.equal(layers(a), '4000000210@*/* 4000000310@*/*', 'nothing is known to be narrow')
  a.say({ colibriClass: 'ReceiverVideoConstraints', defaultConstraints: { maxHeight: 180 } })
  meeting.settle()
  assert.equal(layers(a), '4000000210@0/* 4000000310@0/*')
  a.say({ colibriClass: 'ReceiverVideoConstraints', defaultConstraints: { maxHeight: 360 } })
  meeting.settle()
  assert.equal(layers(a), '4000000210@1/* 4000000310@1/*')
  estimate(a, 450_000)
  assert.equal(layers(a), '4000000210@1/* 4000000310@0/*')
  estimate(a, 130_000)
  assert.equal(layers(a), '4000000210@0/1 4000000310@0/0')
  assert.equal(layers(b), '4000000110@*/* 4000000310@*/*', 'the others are as before')
})

test('a stream that turns out to have layers is limited within two seconds, and before that by their usual sizes', async () => {
  const { meeting, a, b } = await three()
  a.say({
    colibriClass: 'ReceiverVideoConstraints',
    defaultConstraints: { maxHeight: 180 },
    constraints: new Map([['bbbb-v0', { maxHeight: 360 }]]),
  })
  meeting.settle()
  const layers = () => meeting.engine.layersTo(a.transport).slice(2).join(' ')
  assert.equal(layers(), '4000000210@1/* 4000000310@0/*')
  const half = threeByThree(cameraOf(meeting, b)).map((layer) => ({
    ...layer,
    height: layer.height / 2,
    width: layer.width / 2,
  }))
  meeting.engine.layers = half
  meeting.timers.advance(2000)
  assert.equal(layers(), '4000000210@2/* 4000000310@0/*', 'a small camera in full')
})

test('a client may say itself what it can take', async () => {
  const { meeting, a, estimate } = await three()
  a.say({ colibriClass: 'ReceiverVideoConstraints', assumedBandwidthBps: 450_000 })
  meeting.settle()
  assert.equal(video(a), '4000000210@0 4000000310@0')
  estimate(a, 20_000_000)
  assert.equal(video(a), '4000000210@0 4000000310@0')
})

test('clients hear every 10 s what the way to them carries', async () => {
  const { meeting, a, b, estimate } = await three()
  meeting.timers.advance(30_000)
  assert.deepEqual(a.take('ConnectionStats'), [])
  estimate(a, 1_234_567.8)
  meeting.timers.advance(25_000)
  assert.deepEqual(
    a.take('ConnectionStats').map(({ estimatedDownlinkBandwidth }) => estimatedDownlinkBandwidth),
    [1_234_568, 1_234_568, 1_234_568],
  )
  assert.deepEqual(b.take('ConnectionStats'), [])
})
