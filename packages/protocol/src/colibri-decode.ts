/**
 * Reads bridge channel messages. Strict where a wrong value would do harm, deaf to fields it does not know, and bounded:
 * text, nesting, names and lists have limits. A message that is refused costs an error value, never the channel.
 */
import { isJsonObject, parseBoundedJson } from './bounded-json.ts'
import type { JsonErrorReason, JsonLimits, JsonObject, JsonValue } from './bounded-json.ts'
import type {
  BridgeColibriMessage,
  ClientColibriMessage,
  EndpointMessage,
  EndpointStats,
  MappedAudioSource,
  MappedVideoSource,
  ReceiverAudioSubscription,
  ReceiverVideoConstraints,
  SentVideoType,
  VideoConstraints,
} from './colibri.ts'

export interface ColibriDecodeError {
  readonly reason: JsonErrorReason | 'not-an-object' | 'unknown-class' | 'bad-field'
  /** For logs; names the field, repeats at most 64 characters of the input. */
  readonly message: string
}

export type ColibriDecoded<M> =
  | { readonly ok: true; readonly message: M }
  | { readonly ok: false; readonly error: ColibriDecodeError }

/** Room for the constraints of a thousand sources; a client's are a few hundred characters. */
export const defaultColibriLimits: JsonLimits = { maxLength: 65_536, maxDepth: 32 }

/** Read what a client sent. Never throws. */
export function decodeClientColibri(
  text: string,
  limits: JsonLimits = defaultColibriLimits,
): ColibriDecoded<ClientColibriMessage> {
  return decode(clientMessages, text, limits)
}

/** Read what a bridge sent. Never throws. */
export function decodeBridgeColibri(
  text: string,
  limits: JsonLimits = defaultColibriLimits,
): ColibriDecoded<BridgeColibriMessage> {
  return decode(bridgeMessages, text, limits)
}

type Reader<M> = (object: JsonObject) => M

function decode<M>(readers: ReadonlyMap<string, Reader<M>>, text: string, limits: JsonLimits): ColibriDecoded<M> {
  const json = parseBoundedJson(text, limits)
  if (!json.ok) return { ok: false, error: { reason: json.reason, message: json.message } }
  if (!isJsonObject(json.value)) return failure('not-an-object', 'a message is a JSON object')
  const name = json.value['colibriClass']
  const reader = typeof name === 'string' ? readers.get(name) : undefined
  if (!reader) return failure('unknown-class', `no colibriClass ${shown(name)}`)
  try {
    return { ok: true, message: reader(json.value) }
  } catch (error) {
    if (error instanceof FieldError) return failure('bad-field', `${String(name)}: ${error.message}`)
    throw error
  }
}

function failure<M>(reason: ColibriDecodeError['reason'], message: string): ColibriDecoded<M> {
  return { ok: false, error: { reason, message } }
}

/** Carries a refusal from a field's reader to {@link decode}; never leaves this file. */
class FieldError extends Error {}

const endpointMessage: Reader<EndpointMessage> = (o) => ({
  colibriClass: 'EndpointMessage',
  ...optional('from', o, id),
  to: required('to', o, (value, name) => (value === '' ? '' : id(value, name))),
  msgPayload: required('msgPayload', o, object),
})

const endpointStats: Reader<EndpointStats> = (o) => {
  const { colibriClass: _, from: __, ...stats } = o
  return { colibriClass: 'EndpointStats', ...optional('from', o, id), stats }
}

const receiverVideoConstraints: Reader<ReceiverVideoConstraints> = (o) => ({
  colibriClass: 'ReceiverVideoConstraints',
  ...optional('lastN', o, lastN),
  ...optional('selectedSources', o, ids),
  ...optional('onStageSources', o, ids),
  ...optional('defaultConstraints', o, videoConstraints),
  ...optional('constraints', o, constraintsBySource),
  ...optional('assumedBandwidthBps', o, number),
})

/** Two forms: `all`/`include`/`exclude`, and the older `mode` with one list. */
const receiverAudioSubscription: Reader<ReceiverAudioSubscription> = (o) => {
  const colibriClass = 'ReceiverAudioSubscription'
  const mode = o['mode']
  if (mode === undefined || mode === null) {
    const include = optional('include', o, ids).include ?? []
    const exclude = optional('exclude', o, ids).exclude ?? []
    return { colibriClass, all: optional('all', o, boolean).all ?? false, include, exclude }
  }
  const list = optional('list', o, ids).list ?? []
  if (mode === 'All') return { colibriClass, all: true, include: [], exclude: [] }
  if (mode === 'None') return { colibriClass, all: false, include: [], exclude: [] }
  if (mode === 'Include') return { colibriClass, all: false, include: list, exclude: [] }
  if (mode === 'Exclude') return { colibriClass, all: true, include: [], exclude: list }
  throw new FieldError(`mode is ${shown(mode)}, not All, None, Include or Exclude`)
}

const clientMessages: ReadonlyMap<string, Reader<ClientColibriMessage>> = new Map<string, Reader<ClientColibriMessage>>(
  [
    ['ReceiverVideoConstraints', receiverVideoConstraints],
    ['LastNChangedEvent', (o) => ({ colibriClass: 'LastNChangedEvent', lastN: required('lastN', o, lastN) })],
    [
      'SourceVideoTypeMessage',
      (o) => ({
        colibriClass: 'SourceVideoTypeMessage',
        sourceName: required('sourceName', o, id),
        videoType: required('videoType', o, videoType),
      }),
    ],
    ['VideoTypeMessage', (o) => ({ colibriClass: 'VideoTypeMessage', videoType: required('videoType', o, videoType) })],
    ['ReceiverAudioSubscription', receiverAudioSubscription],
    ['EndpointMessage', endpointMessage],
    ['EndpointStats', endpointStats],
    ['ClientHello', () => ({ colibriClass: 'ClientHello' })],
  ],
)

const bridgeMessages: ReadonlyMap<string, Reader<BridgeColibriMessage>> = new Map<string, Reader<BridgeColibriMessage>>(
  [
    ['ServerHello', (o) => ({ colibriClass: 'ServerHello', ...optional('version', o, string) })],
    [
      'DominantSpeakerEndpointChangeEvent',
      (o) => ({
        colibriClass: 'DominantSpeakerEndpointChangeEvent',
        dominantSpeakerEndpoint: required('dominantSpeakerEndpoint', o, id),
        previousSpeakers: optional('previousSpeakers', o, ids).previousSpeakers ?? [],
        silence: optional('silence', o, boolean).silence ?? false,
      }),
    ],
    [
      'EndpointConnectivityStatusChangeEvent',
      (o) => ({
        colibriClass: 'EndpointConnectivityStatusChangeEvent',
        endpoint: required('endpoint', o, id),
        active: required('active', o, boolean),
      }),
    ],
    [
      'ForwardedSources',
      (o) => ({ colibriClass: 'ForwardedSources', forwardedSources: required('forwardedSources', o, ids) }),
    ],
    [
      'SenderSourceConstraints',
      (o) => ({
        colibriClass: 'SenderSourceConstraints',
        sourceName: required('sourceName', o, id),
        maxHeight: required('maxHeight', o, number),
      }),
    ],
    [
      'ConnectionStats',
      (o) => ({
        colibriClass: 'ConnectionStats',
        estimatedDownlinkBandwidth: required('estimatedDownlinkBandwidth', o, number),
      }),
    ],
    ['EndpointMessage', endpointMessage],
    ['EndpointStats', endpointStats],
    [
      'VideoSourcesMap',
      (o) => ({
        colibriClass: 'VideoSourcesMap',
        mappedSources: required('mappedSources', o, listOf(mappedVideoSource)),
      }),
    ],
    [
      'AudioSourcesMap',
      (o) => ({
        colibriClass: 'AudioSourcesMap',
        mappedSources: required('mappedSources', o, listOf(mappedAudioSource)),
      }),
    ],
    [
      'SyntheticSourceSendingChangeEvent',
      (o) => ({
        colibriClass: 'SyntheticSourceSendingChangeEvent',
        sourceName: required('sourceName', o, id),
        sending: required('sending', o, boolean),
        timestamp: required('timestamp', o, number),
      }),
    ],
  ],
)

type FieldReader<T> = (value: JsonValue, name: string) => T

/** `{ [name]: value }`, or nothing when the field is absent or null. */
function optional<K extends string, T>(name: K, o: JsonObject, read: FieldReader<T>): { readonly [P in K]?: T } {
  const value = o[name]
  if (value === undefined || value === null) return {}
  return { [name]: read(value, name) } as { readonly [P in K]?: T }
}

function required<T>(name: string, o: JsonObject, read: FieldReader<T>): T {
  const value = o[name]
  if (value === undefined || value === null) throw new FieldError(`${name} is missing`)
  return read(value, name)
}

function string(value: JsonValue, name: string): string {
  if (typeof value !== 'string') throw new FieldError(`${name} is ${shown(value)}, not a string`)
  if (value.length > maxStringLength) throw new FieldError(`${name} is longer than ${maxStringLength} characters`)
  return value
}

/** An endpoint id or a source name. */
function id(value: JsonValue, name: string): string {
  const text = string(value, name)
  if (text === '') throw new FieldError(`${name} is empty`)
  return text
}

function number(value: JsonValue, name: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new FieldError(`${name} is ${shown(value)}, not a number`)
  }
  return value
}

function lastN(value: JsonValue, name: string): number {
  const n = number(value, name)
  if (!Number.isInteger(n) || n < -1) throw new FieldError(`${name} is ${n}, not an integer from -1`)
  return n
}

/** COMPAT: the stock bridge writes some booleans as the strings "true" and "false". */
function boolean(value: JsonValue, name: string): boolean {
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new FieldError(`${name} is ${shown(value)}, not a boolean`)
}

function object(value: JsonValue, name: string): JsonObject {
  if (!isJsonObject(value)) throw new FieldError(`${name} is ${shown(value)}, not an object`)
  return value
}

function listOf<T>(read: FieldReader<T>): FieldReader<readonly T[]> {
  return (value, name) => {
    if (!Array.isArray(value)) throw new FieldError(`${name} is ${shown(value)}, not a list`)
    if (value.length > maxListLength) throw new FieldError(`${name} has more than ${maxListLength} entries`)
    return value.map((item: JsonValue, index) => read(item, `${name}[${index}]`))
  }
}

const ids = listOf(id)

function videoType(value: JsonValue, name: string): SentVideoType {
  const lower = string(value, name).toLowerCase()
  const known = videoTypes.find((type) => type === lower)
  if (!known) throw new FieldError(`${name} is ${shown(value)}, not one of ${videoTypes.join(', ')}`)
  return known
}

/** Heights come from layouts and may be fractional. */
function videoConstraints(value: JsonValue, name: string): VideoConstraints {
  const o = object(value, name)
  const maxHeight = required('maxHeight', o, number)
  return { maxHeight: Math.floor(maxHeight), ...optional('maxFrameRate', o, number) }
}

/** A Map, because names like `__proto__` come from strangers. */
function constraintsBySource(value: JsonValue, name: string): ReadonlyMap<string, VideoConstraints> {
  const entries = Object.entries(object(value, name))
  if (entries.length > maxListLength) throw new FieldError(`${name} has more than ${maxListLength} entries`)
  return new Map(entries.map(([source, c]) => [id(source, name), videoConstraints(c, `${name}[${shown(source)}]`)]))
}

function ssrc(value: JsonValue, name: string): number {
  const n = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : number(value, name)
  if (!Number.isInteger(n) || n < 1 || n > 0xffffffff) throw new FieldError(`${name} is ${shown(value)}, not an SSRC`)
  return n
}

function mappedAudioSource(value: JsonValue, name: string): MappedAudioSource {
  const o = object(value, name)
  return {
    source: required('source', o, id),
    owner: required('owner', o, id),
    ssrc: required('ssrc', o, ssrc),
    ...optional('mid', o, string),
  }
}

function mappedVideoSource(value: JsonValue, name: string): MappedVideoSource {
  const o = object(value, name)
  const hasRtx = o['rtx'] !== '-1' && o['rtx'] !== -1
  return {
    ...mappedAudioSource(value, name),
    ...(hasRtx ? optional('rtx', o, ssrc) : {}),
    videoType: required('videoType', o, string),
  }
}

/** A value for an error message, cut short. */
function shown(value: JsonValue | undefined): string {
  if (value === undefined) return 'undefined'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return JSON.stringify(value).slice(0, 64)
}

const videoTypes = ['camera', 'desktop', 'desktop_high_fps', 'none'] as const
const maxStringLength = 256
const maxListLength = 1024
