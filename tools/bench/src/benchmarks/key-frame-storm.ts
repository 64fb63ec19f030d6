/** B14: fifty join within a second and all need a key frame to begin with: how many is the sender asked for? */
import type { Benchmark } from '../benchmark.ts'
import { joinRoom, openBench, publish, remoteOf, sleep } from '../room.ts'
import { videoFanOut } from '../workload.ts'

export const benchmark: Benchmark = {
  id: 'B14',
  title: 'key-frame storm',
  async run({ progress }) {
    progress(`${joiners} joins in a second`)
    const bench = await openBench()
    const { server, load } = bench
    try {
      const room = await server.call.createRoom()
      const [camera] = await joinRoom(bench, room, 1)
      if (!camera) throw new Error('nobody joined')
      const source = await publish(bench, camera, 'video', videoFanOut(1).video ?? [], 0)
      await sleep(1_500)
      const { port, fingerprint } = await server.call.describe()
      const near = await server.call.createTransports(room, joiners)
      const far = await load.call.createTransports(joiners, port)
      const asked: number[] = []
      const sampling = setInterval(
        () => void load.call.plisReceived(camera.client.id).then((count) => asked.push(count)),
        100,
      )
      const before = await load.call.plisReceived(camera.client.id)
      const start = performance.now()
      const pictures: Promise<number>[] = []
      for (const [index, transport] of near.entries()) {
        const client = far.transports[index]
        if (!client) throw new Error('fewer client transports than asked for')
        await sleep(Math.max(0, start + (index * 1000) / joiners - performance.now()))
        // one after another, as the focus would for each; the times of the fifty overlap
        pictures.push(
          (async () => {
            const begun = performance.now()
            await server.call.connect([{ id: transport.id, remote: remoteOf(client, far.fingerprint, 'active') }])
            await server.call.setForwarding(transport.id, [{ source: source.id, maxEncoding: 0 }])
            await load.call.expect(client.id, 'video', source.ssrc, source.rtxSsrc)
            await load.call.connect([{ id: client.id, remote: remoteOf(transport, fingerprint, 'passive') }])
            await load.call.firstPacket(client.id, 10_000)
            return performance.now() - begun
          })(),
        )
      }
      const waited = (await Promise.all(pictures)).sort((a, b) => a - b)
      await sleep(1_000)
      clearInterval(sampling)
      return [
        {
          what: 'key frames asked for in the worst second',
          unit: '',
          value: worstSecond([before, ...asked]),
          bar: 2,
          goal: 1,
          note: `${(asked.at(-1) ?? 0) - before} in all, ${((performance.now() - start) / 1000).toFixed(1)} s`,
        },
        {
          what: 'last joiner has a picture after',
          unit: 's',
          value: (waited.at(-1) ?? Number.NaN) / 1000,
          bar: 1.5,
          goal: 1,
          note: `median ${((waited[Math.floor(joiners / 2)] ?? 0) / 1000).toFixed(2)} s, from before ICE`,
        },
      ]
    } finally {
      await bench.close()
    }
  },
}

/** Counts are taken ten times a second. */
function worstSecond(counts: readonly number[]): number {
  return Math.max(0, ...counts.map((count, index) => count - (counts[Math.max(0, index - 10)] ?? 0)))
}

const joiners = 50
