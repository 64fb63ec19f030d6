import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, readConfig } from './config.ts'

const PAGE = 'https://meet.example/room'
const hosts = { domain: 'meet.example', muc: 'conference.meet.example' }

test('reads hosts and the WebSocket address, with the focus by convention', () => {
  assert.deepEqual(readConfig({ hosts, websocket: 'wss://meet.example/xmpp-websocket' }, PAGE), {
    domain: 'meet.example',
    mucDomain: 'conference.meet.example',
    focusDomain: 'focus.meet.example',
    serviceUrl: 'wss://meet.example/xmpp-websocket',
    audio: { opusRed: false, dtx: false },
    restartsIce: false,
  })
})

test('reads what the deployment wishes of codecs, past names that nobody knows', () => {
  const read = (settings: object) => readConfig({ hosts, websocket: '/x', ...settings }, PAGE)
  const videoQuality = { codecPreferenceOrder: ['AV1', 'H266', 7, 'VP8'] }
  assert.deepEqual(read({ videoQuality }).codecPreference, ['av1', 'vp8'])
  assert.equal(read({ videoQuality: { codecPreferenceOrder: 'AV1' } }).codecPreference, undefined)
  const audio = { enableOpusRed: true, audioQuality: { enableOpusDtx: true } }
  assert.deepEqual(read(audio).audio, { opusRed: true, dtx: true })
})

test('resolves a relative WebSocket address against the page', () => {
  const read = (page: string) => readConfig({ hosts, websocket: '/xmpp-websocket' }, page).serviceUrl
  assert.equal(read(PAGE), 'wss://meet.example/xmpp-websocket')
  assert.equal(read('http://localhost:8000/room'), 'ws://localhost:8000/xmpp-websocket')
})

test('names what is missing', () => {
  assert.throws(() => readConfig(undefined, PAGE), { code: 'config-invalid', message: /config\.js/ })
  assert.throws(() => readConfig({ websocket: '/x' }, PAGE), { message: /hosts\.domain/ })
  assert.throws(() => readConfig({ hosts: { domain: 'a' }, websocket: '/x' }, PAGE), { message: /hosts\.muc/ })
  assert.throws(() => readConfig({ hosts }, PAGE), { message: /lacks websocket/ })
  assert.throws(() => readConfig({ hosts, websocket: 'ftp://x/' }, PAGE), ConfigError)
})
