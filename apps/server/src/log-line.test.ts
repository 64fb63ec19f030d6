import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatLogLine } from './log-line.ts'

test('a record becomes one readable line', () => {
  const record = { level: 30, time: 1, component: 'xmpp', room: 'a@muc.b', note: 'two words', msg: 'room opened' }
  assert.equal(
    formatLogLine(`${JSON.stringify(record)}\n`),
    '00:00:00.001 info  xmpp: room opened room=a@muc.b note="two words"\n',
  )
})

test('text of strangers stays within its field', () => {
  const line = formatLogLine(JSON.stringify({ level: 40, time: 1, name: 'x\n00:00 FATAL\u001b[31m', msg: 'm' }))
  assert.equal(line.trimEnd().split('\n').length, 1)
  assert.equal(line.includes('\u001b'), false)
})

test('what is no record passes through', () => {
  assert.equal(formatLogLine('plain\n'), 'plain\n')
})
