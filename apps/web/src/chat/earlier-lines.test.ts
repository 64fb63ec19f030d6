import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatMessage } from '@parley/client'
import { isKnownLine, withEarlierLines } from './earlier-lines.ts'

function line(id: string, senderId = 'ada'): ChatMessage {
  return { id, senderId, senderName: 'Ada', text: id, sentAt: 1, isLocal: false, isPrivate: false }
}

test('what was said before comes first, and a replay of it is not repeated', () => {
  const earlier = [line('1'), line('2')]
  const now = [line('2'), line('2', 'bob'), line('3')]
  const all = withEarlierLines(earlier, now)
  assert.deepEqual(
    all.map(({ id, senderId }) => `${id} ${senderId}`),
    ['1 ada', '2 ada', '2 bob', '3 ada'],
  )
  assert.equal(isKnownLine(earlier, line('2')), true)
  assert.equal(isKnownLine(earlier, line('2', 'bob')), false)
})

test('a first stay has its own list, and a long call the last 500 lines', () => {
  const now = [line('1')]
  assert.equal(withEarlierLines([], now), now)
  const earlier = Array.from({ length: 500 }, (_, index) => line(`e${index}`))
  const all = withEarlierLines(earlier, now)
  assert.equal(all.length, 500)
  assert.equal(all[0]?.id, 'e1')
  assert.equal(all.at(-1)?.id, '1')
})
