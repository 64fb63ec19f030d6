/**
 * A server in a process of its own that answers its parent's questions: what it holds, what its heap is. Runs with
 * `--expose-gc`, because a heap is comparable only after a collection. Ends with its parent.
 */
import { startTestServer } from '../support/test-server.ts'
import type { Answer, Question, ServerReading } from './server-questions.ts'

const server = await startTestServer({ LOG_LEVEL: process.env.PARLEY_TEST_LOG_LEVEL ?? 'error' })
const timerKinds = new Set(['Timeout', 'Immediate'])
const say = (answer: Answer): void => void process.send?.(answer)

process.on('message', ({ collectsGarbage }: Question) => {
  if (collectsGarbage) globalThis.gc?.()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo()
  const reading: ServerReading = {
    inventory: server.inventory(),
    heapBytes: heapUsed + external,
    arrayBufferBytes: arrayBuffers,
    timers: resources.filter((kind) => timerKinds.has(kind)).length,
    handles: resources.filter((kind) => !timerKinds.has(kind)).length,
  }
  say({ type: 'reading', reading })
})
process.on('disconnect', () => {
  void server.close().finally(() => process.exit(0))
})
say({ type: 'ready', origin: server.origin, mediaPort: server.mediaPort })
