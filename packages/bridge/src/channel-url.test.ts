import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatChannelPath, parseChannelPath } from './channel-url.ts'

test('an address survives the way through a URL', () => {
  const address = { serverId: 'jvb1', conferenceId: 'a/b ?ü', endpointId: 'aaaa', password: 'x-_9' }
  const [path = '', query = ''] = formatChannelPath(address).split('?')
  assert.deepEqual(parseChannelPath(path, query), address)
  assert.deepEqual(parseChannelPath(path, `?${query}`), address)
})

test('the form is the stock one', () => {
  const address = { serverId: 'jvb1', conferenceId: 'c1', endpointId: 'aaaa', password: 'secret' }
  assert.equal(formatChannelPath(address), '/colibri-ws/jvb1/c1/aaaa?pwd=secret')
})

test('other paths are no channels', () => {
  const paths = [
    '/',
    '/colibri-ws',
    '/colibri-ws/a/b',
    '/colibri-ws/a/b/c/d',
    '/colibri-ws/a//c',
    '/x/colibri-ws/a/b/c',
    '/colibri-ws/a/b/%ff',
    `/colibri-ws/a/b/${'c'.repeat(3000)}`,
  ]
  for (const path of paths) assert.equal(parseChannelPath(path, 'pwd=x'), undefined, path)
})

test('a query that does not start with the password has none', () => {
  for (const query of ['', '?', 'x=1&pwd=x', 'pwd=', 'PWD=x', `pwd=%ff`]) {
    assert.equal(parseChannelPath('/colibri-ws/a/b/c', query)?.password, '', query)
  }
})
