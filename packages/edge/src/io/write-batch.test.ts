import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { WriteBatch } from './write-batch.ts'

function recorder(): { readonly socket: Writable; readonly writes: string[][] } {
  const writes: string[][] = []
  const socket = new Writable({
    write: (chunk, _encoding, done) => (writes.push([String(chunk)]), done()),
    writev: (chunks, done) => (writes.push(chunks.map(({ chunk }) => String(chunk))), done()),
  })
  return { socket, writes }
}

test('what one turn writes leaves together at its end, each turn by itself', async () => {
  const batch = new WriteBatch()
  const [a, b] = [recorder(), recorder()]
  const write = (socket: Writable, text: string) => {
    batch.hold(socket)
    socket.write(text)
  }
  write(a.socket, '1')
  write(b.socket, '2')
  await Promise.resolve()
  write(a.socket, '3')
  assert.deepEqual([a.writes, b.writes], [[], []])
  await nextTurn()
  assert.deepEqual([a.writes, b.writes], [[['1', '3']], [['2']]])
  write(a.socket, '4')
  await nextTurn()
  assert.deepEqual(a.writes, [['1', '3'], ['4']])
})

test('a socket that ends or is destroyed within its turn does not hold up the others', async () => {
  const batch = new WriteBatch()
  const [ended, destroyed, other] = [recorder(), recorder(), recorder()]
  for (const { socket } of [ended, destroyed, other]) {
    batch.hold(socket)
    socket.write('x')
  }
  ended.socket.end()
  destroyed.socket.destroy()
  batch.hold(destroyed.socket)
  await nextTurn()
  assert.deepEqual([ended.writes, destroyed.writes, other.writes], [[['x']], [], [['x']]])
})
