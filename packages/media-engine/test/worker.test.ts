import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { createEngine } from '../src/index.ts'

const program = `
  const { parentPort, workerData } = require('node:worker_threads')
  const start = async () => {
    // Loaders of the main thread do not reach into workers on every supported Node.
    const { register } = await import(workerData.tsx)
    register()
    const { createEngine } = await import(workerData.engine)
    const engine = createEngine({ port: 0, onEvents: () => {} })
    const room = engine.createRoom()
    for (let i = 0; i < 20; i++) {
      const { id } = engine.createTransport({ room, iceRole: 'controlling' })
      engine.connectTransport(id, {
        iceUfrag: 'abcd',
        icePwd: 'abcdefghijklmnopqrstuv',
        fingerprints: [{ hash: 'sha-256', value: engine.fingerprint }],
        setup: 'active',
      })
    }
    if (workerData.closing) void engine.close()
    parentPort.postMessage(engine.port)
  }
  void start()
`
const modules = { tsx: import.meta.resolve('tsx/esm/api'), engine: new URL('../src/index.ts', import.meta.url).href }

for (const closing of [false, true]) {
  test(`a worker that is terminated ${closing ? 'while its engine closes' : 'takes its engine along'}`, async () => {
    for (let round = 0; round < 3; round++) {
      const worker = new Worker(program, { eval: true, workerData: { ...modules, closing } })
      const [port] = (await once(worker, 'message')) as [number]
      await worker.terminate()
      // The port is free again: the engine's thread has ended with its environment.
      const again = createEngine({ port, onEvents: () => {} })
      assert.equal(again.port, port)
      await again.close()
    }
  })
}
