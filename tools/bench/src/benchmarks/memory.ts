/** B7: what the server's memory grows by for each receiver, and for each sender of three layers with their history. */
import type { Benchmark } from '../benchmark.ts'
import { joinRoom, openBench, publish, sleep, subscribe } from '../room.ts'
import { meetingOfSixteen } from '../workload.ts'

export const benchmark: Benchmark = {
  id: 'B7',
  title: 'memory',
  async run({ progress }) {
    progress(`${receivers} receivers, then ${senders} senders of three layers`)
    const bench = await openBench()
    try {
      const room = await bench.server.call.createRoom()
      const [camera, ...first] = await joinRoom(bench, room, 1 + warmUp)
      if (!camera) throw new Error('nobody joined')
      const source = await publish(bench, camera, 'video', [thumbnail], 0)
      const watch = async (people: typeof first) => {
        for (const person of people) await subscribe(bench, person, [{ source, maxEncoding: 0 }])
        await sleep(settleMs)
        return bench.server.call.residentBytes()
      }
      const before = await watch(first)
      const after = await watch(await joinRoom(bench, room, receivers))
      const published = await bench.server.call.createRoom()
      const cameras = await joinRoom(bench, published, senders)
      const idle = await bench.server.call.residentBytes()
      for (const [index, person] of cameras.entries()) {
        await publish(bench, person, 'video', meetingOfSixteen.video ?? [], 1 + index)
      }
      await sleep(settleMs)
      // the transport of a sender is there already: it costs as much as a receiver's
      const sending = await bench.server.call.residentBytes()
      const perReceiver = (after - before) / receivers / 1000
      return [
        { what: 'a receiver', unit: 'KB', value: perReceiver, bar: 150, goal: 64, note: `of ${receivers}` },
        {
          what: 'a sender, 3 layers, history',
          unit: 'KB',
          value: (sending - idle) / senders / 1000 + perReceiver,
          bar: 1000,
          goal: 600,
          note: `of ${senders}, 2.9 Mbit/s each`,
        },
      ]
    } finally {
      await bench.close()
    }
  },
}

/** Tables and pools that come once, and compiled code, are there before counting begins. */
const warmUp = 20
const receivers = 200
const senders = 20
/** Longer than packets are kept for. */
const settleMs = 4_000
const thumbnail = { packetsPerSecond: 30, payloadBytes: 1000, burst: 1 }
