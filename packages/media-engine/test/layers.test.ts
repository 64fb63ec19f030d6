import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import {
  createLoadSender,
  type LoadSenderOptions,
  type LoadSink,
  type LoadSinkStats,
  type RecordedPacket,
  type RtpParameters,
} from '../src/index.ts'
import { capture } from './support/captures.ts'
import { startSink } from './support/media.ts'
import { addConnectedPeer, type Peer, rtpParameters, Side, sleep, until } from './support/peers.ts'

const withoutDescriptor = codecs()
const withDescriptor: RtpParameters = { ...withoutDescriptor, dependencyDescriptorExtensionId: 9 }

function codecs(): RtpParameters {
  return {
    ...rtpParameters,
    codecs: [
      ...rtpParameters.codecs,
      { payloadType: 101, kind: 'video', name: 'vp9', clockRateHz: 90000 },
      { payloadType: 97, kind: 'video', name: 'rtx', clockRateHz: 90000, associatedPayloadType: 101 },
      { payloadType: 41, kind: 'video', name: 'av1', clockRateHz: 90000 },
      { payloadType: 42, kind: 'video', name: 'rtx', clockRateHz: 90000, associatedPayloadType: 41 },
    ],
  }
}

interface Call {
  readonly source: ReturnType<Side['engine']['createSource']>
  readonly sink: LoadSink
  readonly receiver: Peer
  limit(maxSpatial?: number, maxTemporal?: number): void
}

async function call(
  server: Side,
  clients: Side,
  stream: LoadSenderOptions,
  { parameters = withDescriptor, loseEvery = 0 } = {},
): Promise<Call> {
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const receiver = await addConnectedPeer(server, clients, room)
  for (const peer of [sender, receiver]) {
    server.engine.setRtpParameters(peer.server, parameters)
    clients.engine.setRtpParameters(peer.client, parameters)
  }
  const encoding = { ssrc: stream.ssrc, rtxSsrc: stream.rtxSsrc ?? 0 }
  const source = server.engine.createSource({ transport: sender.server, kind: 'video', encodings: [encoding] })
  createLoadSender(clients.engine, sender.client, stream)
  const sink = startSink(clients, receiver, [stream], { loseEvery })
  const limit = (maxSpatial?: number, maxTemporal?: number) =>
    server.engine.setForwarding(receiver.server, [
      {
        source,
        maxEncoding: 0,
        ...(maxSpatial === undefined ? {} : { maxSpatial }),
        ...(maxTemporal === undefined ? {} : { maxTemporal }),
      },
    ])
  return { source, sink, receiver, limit }
}

const stream = (recording: readonly RecordedPacket[], payloadType = 101, codec: 'vp9' | 'av1' = 'vp9') => {
  return { ssrc: 5001, rtxSsrc: 5101, payloadType, codec, payloadBytes: 300, packetsPerSecond: 1, recording } as const
}
/** As with end-to-end encryption: nothing of the payload can be read. */
const encrypted = (recording: readonly RecordedPacket[]) =>
  recording.map((packet) => ({ ...packet, payload: randomBytes(packet.payload.length) }))

/** Frames by layer, `spatial: T0 T1 T2 | …`, of a second that begins once the change has been carried out. */
const layersOf = (stats: LoadSinkStats) =>
  [0, 1, 2].map((spatial) => [0, 1, 2].map((temporal) => stats.frames(spatial, temporal)))

/** Waits until for half a second nothing came of other layers than these, and each of them did. */
async function settles({ sink }: Call, spatial: number, temporal: number): Promise<void> {
  let broken = 0
  let seen: number[][] = []
  const isSettled = () =>
    seen.every((row, s) =>
      row.every((frames, t) => {
        // of K-SVC the lower layers come with key frames only, which are in T0
        if (s < spatial) return t === 0 || frames === 0
        return s === spatial && t <= temporal ? frames > 0 : frames === 0
      }),
    )
  for (let tries = 0; tries < 12; tries++) {
    sink.stats({ reset: true })
    await sleep(500)
    const stats = sink.stats()
    broken += stats.brokenFrames
    seen = layersOf(stats)
    if (isSettled()) break
  }
  assert.ok(isSettled(), `layers ${spatial}/${temporal}: ${JSON.stringify(seen)}`)
  assert.equal(broken, 0, 'every frame that came could be decoded')
}

for (const [what, recording] of [
  ['VP9 with spatial layers', stream(capture('kVp9L3T3Key'))],
  ['AV1 with spatial layers', stream(capture('kAv1L3T3Key'), 41, 'av1')],
  ['end-to-end encrypted VP9 with spatial layers', stream(encrypted(capture('kVp9L3T3Key')))],
] as const) {
  test(`${what}: each receiver gets the layers it may have, without a gap`, async () => {
    await using server = new Side()
    await using clients = new Side()
    const one = await call(server, clients, recording)
    one.limit()
    await settles(one, 2, 2)
    one.limit(0)
    await settles(one, 0, 2)
    one.limit(2, 0)
    await settles(one, 2, 0)
    one.limit(1, 1)
    await settles(one, 1, 1)
    one.limit()
    await settles(one, 2, 2)
    const { missing } = one.sink.stats()
    assert.equal(missing, 0)
    assert.equal(clients.engine.stats().drops['srtp-replay'], undefined)
    assert.equal(server.engine.stats().drops['srtp-index-reused'], undefined)
  })
}

test('losses on the way to a receiver of lower layers are repaired', async () => {
  await using server = new Side()
  await using clients = new Side()
  const one = await call(server, clients, stream(capture('kVp9L3T3Key')), { loseEvery: 7 })
  one.limit(1, 1)
  await until(() => one.sink.stats().packets > 60, 'packets')
  one.limit()
  await until(() => one.sink.stats().packets > 200, 'more packets')
  one.limit(0)
  await until(() => one.sink.stats().lostOnPurpose > 35, 'more losses')
  await until(() => {
    const { lostOnPurpose, missing } = one.sink.stats()
    // what is lost right before one of the many key frames is not asked for
    return missing < lostOnPurpose / 5
  }, 'losses to be repaired')
})

test('VP9 without dependency descriptor is switched by what its payload tells', async () => {
  await using server = new Side()
  await using clients = new Side()
  const recording = stream(capture('kVp9L3T3Key'))
  const one = await call(server, clients, recording, { parameters: withoutDescriptor })
  /** Packets a second, once steady. */
  const rate = async () => {
    await sleep(700)
    one.sink.stats({ reset: true })
    await sleep(1000)
    const { packets, missing } = one.sink.stats()
    assert.equal(missing, 0)
    return packets
  }
  one.limit()
  await until(() => one.sink.stats().packets > 20, 'packets')
  const high = await rate()
  one.limit(0)
  const low = await rate()
  one.limit(0, 0)
  const slow = await rate()
  assert.ok(low < high * 0.7 && low >= 25, `${low} of ${high}`)
  assert.ok(slow < low * 0.6, `${slow} of ${low}`)
})

test('statistics tell what each layer costs', async () => {
  await using server = new Side()
  await using clients = new Side()
  const one = await call(server, clients, stream(capture('kVp9L3T3Key')))
  one.limit(0)
  await sleep(1500)
  const layers = server.engine.stats().layers?.filter(({ source }) => source === one.source) ?? []
  assert.equal(layers.length, 9)
  for (const { spatial, temporal, width, height, framesPerSecond, bitrateBps, active } of layers) {
    assert.deepEqual([width, height, active], [320 << spatial, 180 << spatial, true])
    assert.ok(Math.abs(framesPerSecond - 30 / 2 ** (2 - temporal)) < 8, `${framesPerSecond} in T${temporal}`)
    const lower = layers.find((layer) => layer.spatial === spatial && layer.temporal === temporal - 1)
    assert.ok(bitrateBps > (lower?.bitrateBps ?? 0))
  }
})
