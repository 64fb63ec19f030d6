import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  createEngine,
  type EngineEvent,
  type EngineStats,
  histogramQuantile,
  histogramSince,
  type StatsSample,
  type TransportId,
} from '../src/index.ts'
import { audio, startSender, startSink } from './support/media.ts'
import { addConnectedPeer, Side, until } from './support/peers.ts'

/** An engine whose samples are read where they are valid: inside the listener. */
function sampledEngine(threads: number, read: (sample: StatsSample) => void) {
  let told = () => {}
  const onEvents = (events: readonly EngineEvent[]) => {
    for (const event of events) {
      if (event.type !== 'statistics') continue
      read(event.sample)
      told()
    }
  }
  const engine = createEngine({ port: 0, threads, onEvents })
  /** Until the next sample was read. */
  const sample = () => {
    return new Promise<void>((resolve) => {
      told = resolve
      engine.requestSample()
    })
  }
  return { engine, sample }
}

test('a sample brings what stats() says, from all threads, without waiting', async () => {
  const seen: EngineStats[] = []
  const { engine, sample } = sampledEngine(3, (read) => void seen.push(read.toStats()))
  const transports = new Set<TransportId>()
  for (let i = 0; i < 6; i++) {
    const room = engine.createRoom()
    transports.add(engine.createTransport({ room, iceRole: 'controlling' }).id)
  }
  await sample()
  const [told] = seen
  const asked = engine.stats()
  const steady = ({ transports: rows, threads, ...rest }: EngineStats) => ({
    rows: rows.map(({ transport, state, srtpProfile, overTcp }) => ({ transport, state, srtpProfile, overTcp })),
    threads: threads.map(({ rooms }) => rooms),
    keys: Object.keys(rest).sort(),
  })
  assert.ok(told)
  assert.deepEqual(steady(told), steady(asked))
  assert.deepEqual(new Set(told.transports.map(({ transport }) => transport)), transports)
  assert.equal(told.transports[0]?.state, 'new')
  assert.equal(told.transports[0]?.overTcp, false)
  assert.equal(told.transports[0]?.srtpProfile, '')
  assert.equal(told.transports[0]?.pathRttMs, -1)
  await engine.close()
})

test('requests made before the answer share it, and a sample is there whenever it is asked for', async () => {
  let samples = 0
  const { engine, sample } = sampledEngine(2, () => void samples++)
  for (let i = 0; i < 10; i++) engine.requestSample()
  await sample()
  assert.ok(samples <= 2, `${samples} samples`)
  for (let i = 0; i < 20; i++) await sample()
  await engine.close()
  assert.throws(() => engine.requestSample(), { reason: 'closed' })
})

test('reading a sample of a thousand transports leaves no garbage to speak of', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  let idle = 0
  const visit = ({ idleMs }: { readonly idleMs: number }) => {
    if (idleMs < 0) idle++
  }
  const { engine, sample } = sampledEngine(1, (read) => read.forEachTransport(visit))
  const room = engine.createRoom()
  for (let i = 0; i < 1000; i++) engine.createTransport({ room, iceRole: 'controlling' })
  // Until the code is compiled, each number that is read is an object of its own.
  for (let i = 0; i < 30; i++) await sample()
  const rounds = 10
  collect()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < rounds; i++) await sample()
  const bytes = (process.memoryUsage().heapUsed - before) / rounds
  assert.equal(idle, 1000 * (30 + rounds))
  // Objects of a row each took 1.7 MB. Few enough that no collection comes in between and hides them.
  assert.ok(bytes < 64_000, `${Math.round(bytes)} bytes for each reading`)
  await engine.close()
})

test('statistics of a call: transit, batches, round trip of media', async () => {
  await using server = new Side()
  await using clients = new Side()
  const room = server.engine.createRoom()
  const sender = await addConnectedPeer(server, clients, room)
  const receiver = await addConnectedPeer(server, clients, room)
  const { source } = startSender(server, clients, sender, audio)
  const sink = startSink(clients, receiver, [audio])
  server.engine.setForwarding(receiver.server, [{ source, maxEncoding: 0 }])
  await until(() => sink.stats().packets > 5, 'sound')
  const before = server.engine.stats()
  await until(() => sink.stats().packets > 60, 'more sound')
  const { forwarded, histograms, transports } = server.engine.stats()
  const transit = histogramSince(before.histograms.transitUs, histograms.transitUs)
  const count = transit.reduce((sum, number) => sum + number, 0)
  assert.equal(count, forwarded - before.forwarded)
  assert.ok(histogramQuantile(transit, 0.5) > 0)
  assert.ok(histogramQuantile(transit, 0.5) < 50_000)
  for (const name of ['receiveBatch', 'receiveWaitUs', 'sendCall', 'sendRun'] as const) {
    assert.ok(histogramQuantile(histograms[name], 1) >= 0)
    assert.ok(
      histograms[name].some((number) => number > 0),
      name,
    )
  }
  assert.equal(transports.length, 2)
  await until(() => {
    const stats = server.engine.stats().transports.find(({ transport }) => transport === receiver.server)
    return stats !== undefined && stats.pathRttMs >= 0 && stats.srtpProfile === 'AEAD_AES_128_GCM'
  }, 'feedback of the receiver')
})

test('quantiles of a histogram are the upper bounds of its buckets', () => {
  assert.equal(histogramQuantile([], 0.5), 0)
  assert.equal(histogramQuantile([0, 0, 0], 0.5), 0)
  assert.equal(histogramQuantile([5, 0, 5, 0], 0.5), 0)
  assert.equal(histogramQuantile([5, 0, 5, 0], 0.51), 3)
  assert.equal(histogramQuantile([0, 1, 0, 0], 0), 1)
  assert.equal(histogramQuantile([1, 1, 1, 1], 1), Infinity)
  assert.deepEqual(histogramSince([1, 2, 3], [4, 2, 5]), [3, 0, 2])
})
