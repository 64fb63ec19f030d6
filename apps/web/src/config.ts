/**
 * What the server tells the client about itself: the global `config` that `/config.js` defines, read once and checked, so
 * that a broken deployment is one clear sentence on the page and not an exception deep inside a call.
 */

import { type AudioSettings, parseCodecs, type VideoCodec } from '@parley/client'

export interface ServerConfig {
  readonly domain: string
  readonly mucDomain: string
  readonly focusDomain: string
  /** Absolute `wss:` (or `ws:`) URL of the XMPP stream. */
  readonly serviceUrl: string
  /** Video codecs in which to send, best first; absent = the client's own order. */
  readonly codecPreference?: readonly VideoCodec[]
  readonly audio: AudioSettings
  /** Restart ICE in place when the path to the bridge is lost. */
  readonly restartsIce: boolean
}

/** The page has no usable configuration. `message` is written for the person in front of the page. */
export class ConfigError extends Error {
  readonly code = 'config-invalid'
}

/**
 * @param source the value of `globalThis.config`
 * @param pageUrl resolves a relative `websocket` address; `http:` pages get `ws:`
 * @throws ConfigError naming the missing or malformed key
 */
export function readConfig(source: unknown, pageUrl: string): ServerConfig {
  if (!isRecord(source)) throw new ConfigError('The server did not deliver its configuration (/config.js).')
  const hosts = isRecord(source.hosts) ? source.hosts : {}
  const codecPreference = readCodecs(source.videoQuality)
  const { audioQuality } = source
  const domain = requireText(hosts.domain, 'hosts.domain')
  return {
    domain,
    mucDomain: requireText(hosts.muc, 'hosts.muc'),
    focusDomain: typeof hosts.focus === 'string' && hosts.focus !== '' ? hosts.focus : `focus.${domain}`,
    serviceUrl: readServiceUrl(requireText(source.websocket, 'websocket'), pageUrl),
    audio: {
      opusRed: source.enableOpusRed === true,
      dtx: isRecord(audioQuality) && audioQuality.enableOpusDtx === true,
    },
    restartsIce: source.enableIceRestart === true,
    ...(codecPreference.length > 0 && { codecPreference }),
  }
}

/** Names that mean nothing to us are passed over: the list is the deployment's wish for clients of every age. */
function readCodecs(videoQuality: unknown): readonly VideoCodec[] {
  const order = isRecord(videoQuality) ? videoQuality.codecPreferenceOrder : undefined
  return Array.isArray(order) ? parseCodecs(order.filter((name) => typeof name === 'string')) : []
}

function readServiceUrl(text: string, pageUrl: string): string {
  if (!URL.canParse(text, pageUrl))
    throw new ConfigError(`The server's configuration has a malformed websocket: ${text}`)
  const url = new URL(text, pageUrl)
  url.protocol = url.protocol.replace(/^http/, 'ws')
  if (!/^wss?:$/.test(url.protocol)) {
    throw new ConfigError(`The server's configuration has a websocket that is not a WebSocket address: ${text}`)
  }
  return url.href
}

function requireText(value: unknown, key: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new ConfigError(`The server's configuration lacks ${key}.`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
