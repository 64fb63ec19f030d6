import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalizeRoomName, pathOfRoom, readEntryOptions, roomOfPath } from './location.ts'

const options = (address: string) => readEntryOptions(new URL(address, 'https://meet.example'))

test('a room name is lower case without characters a JID forbids', () => {
  assert.equal(normalizeRoomName('  Monday Stand Up '), 'monday-stand-up')
  assert.equal(normalizeRoomName('a@b/c:d<e>"f"&\'g\''), 'abcdefg')
  assert.equal(normalizeRoomName('Übung Ⅳ'), 'übung-iv')
  assert.equal(normalizeRoomName('@@@'), '')
  assert.equal(normalizeRoomName('x'.repeat(500)).length, 120)
})

test('a path and its room are inverse', () => {
  for (const room of ['daily', 'übung-1', 'a+b', '日本']) assert.equal(roomOfPath(pathOfRoom(room)), room)
})

test('the root is the welcome page', () => {
  assert.equal(roomOfPath('/'), undefined)
  assert.equal(roomOfPath('/index.html'), undefined)
})

test('a malformed escape in the path does not throw', () => {
  assert.equal(roomOfPath('/50%'), '50')
})

test('reads our query parameters', () => {
  assert.deepEqual(options('/r?name=Ada%20L&autojoin=1'), { displayName: 'Ada L', skipPrejoin: true })
  assert.deepEqual(options('/r?autojoin=0'), { skipPrejoin: false })
  assert.deepEqual(options('/r'), { skipPrejoin: false })
})

test('reads hash parameters as the stock client writes them', () => {
  assert.deepEqual(
    options('/r#config.prejoinConfig.enabled=false&userInfo.displayName=%22Ada%22&config.startWithAudioMuted=true'),
    { displayName: 'Ada', skipPrejoin: true, startWithAudioMuted: true },
  )
  assert.deepEqual(options('/r#userInfo.displayName=Ada'), { displayName: 'Ada', skipPrejoin: false })
  assert.deepEqual(options('/r#broken&=x&config.startWithVideoMuted=%E0%A4%A'), { skipPrejoin: false })
})
