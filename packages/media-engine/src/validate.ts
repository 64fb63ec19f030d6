/** Checks of what callers pass in, and its form for the native border. Throws `EngineError` with `bad-argument`. */
import { isIP } from 'node:net'
import {
  type CodecParameters,
  EngineError,
  type Forwarding,
  type PlainTransportOptions,
  type RemoteTransport,
  type RtpParameters,
  type SourceOptions,
  type TransportOptions,
} from './types.ts'

const maxSsrc = 0xffffffff
/** As in `enum class Codec` of `native/engine/parameters.h`. */
const codecNumbers: Readonly<Record<string, number>> = {
  opus: 1,
  vp8: 2,
  h264: 3,
  vp9: 4,
  av1: 5,
  rtx: 6,
  red: 7,
}
/** As in `enum class FingerprintHash` of `native/engine/certificate.h`, with the digest's size in bytes. */
const hashes: Readonly<Record<string, readonly [number, number]>> = {
  'sha-1': [0, 20],
  'sha-256': [1, 32],
  'sha-384': [2, 48],
  'sha-512': [3, 64],
}

/** RFC 8445 §5.3 and RFC 8839 §5.4: length bounds, and characters that SDP and STUN can carry. */
const icePattern = { ufrag: /^[A-Za-z0-9+/=_-]{4,256}$/, pwd: /^[A-Za-z0-9+/=_-]{22,256}$/ }

export function requirePort(port: number, name: string): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw badArgument(`${name} must be a port number, not ${port}`)
}

export function nativeCandidates(options: TransportOptions): (string | number)[] {
  const candidates = options.remoteCandidates ?? []
  if (candidates.length > 16) throw badArgument(`at most 16 remote candidates, not ${candidates.length}`)
  return candidates.flatMap((candidate) => {
    const { ip, port } = requireAddress(candidate, 'a remote candidate')
    return [ip, port]
  })
}

/** @param name of the thing, with its article */
export function requireAddress(
  address: { readonly ip: string; readonly port: number },
  name: string,
): { readonly ip: string; readonly port: number } {
  if (isIP(address.ip) === 0) throw badArgument(`${name} has no IP address: ${address.ip}`)
  if (requirePort(address.port, name) === 0) throw badArgument(`${name} needs a port`)
  return address
}

/** Empty where it is to be learned. */
export function plainRemote(options: PlainTransportOptions): { readonly ip: string; readonly port: number } {
  const { remote, comedia = false } = options
  if (comedia === (remote !== undefined)) {
    throw badArgument('a plain transport needs either a remote address or comedia, not both')
  }
  return remote ? requireAddress(remote, 'the remote of a plain transport') : { ip: '', port: 0 }
}

/** Without a range the system picks one. */
export function requirePorts(ports: PlainTransportOptions['ports']): { readonly min: number; readonly max: number } {
  if (ports === undefined) return { min: 0, max: 0 }
  const min = requirePort(ports.min, 'ports.min')
  const max = requirePort(ports.max, 'ports.max')
  if (min === 0 || max < min) throw badArgument(`ports must be a range from 1 to 65535, not ${min} to ${max}`)
  return { min, max }
}

export function requireIceCredentials(remote: RemoteTransport): void {
  if (!icePattern.ufrag.test(remote.iceUfrag)) throw badArgument(`ICE ufrag is malformed: ${remote.iceUfrag}`)
  if (!icePattern.pwd.test(remote.icePwd)) throw badArgument('ICE password is malformed')
}

/** Pairs of hash number and digest. Hashes that we cannot compute are left out; at least one must remain. */
export function nativeFingerprints(remote: RemoteTransport): (number | Uint8Array)[] {
  const usable = remote.fingerprints.slice(0, 16).flatMap(({ hash, value }) => {
    const known = hashes[hash.toLowerCase()]
    if (known === undefined) return []
    const digest = Buffer.from(value.replaceAll(':', ''), 'hex')
    if (digest.length !== known[1]) throw badArgument(`fingerprint is no ${hash} digest: ${value}`)
    return [known[0], new Uint8Array(digest)]
  })
  if (usable.length === 0) throw badArgument('no fingerprint with a supported hash (sha-1, sha-256, sha-384, sha-512)')
  return usable
}

/** The layout is documented at `setRtpParameters` in `native/addon/engine_calls.cc`. */
export function nativeRtpParameters(parameters: RtpParameters): Uint32Array {
  const extensions = [
    parameters.audioLevelExtensionId,
    parameters.transportCcExtensionId,
    parameters.absSendTimeExtensionId,
    parameters.midExtensionId,
    parameters.dependencyDescriptorExtensionId,
  ].map((id) => {
    if (id === undefined) return 0
    if (Number.isInteger(id) && id >= 0 && id <= 14) return id
    throw badArgument(`header extension id must be 0 to 14, not ${id}`)
  })
  if (parameters.codecs.length > 128) throw badArgument(`at most 128 codecs, not ${parameters.codecs.length}`)
  return Uint32Array.from([...extensions, ...parameters.codecs.flatMap(nativeCodec)])
}

function nativeCodec(codec: CodecParameters): number[] {
  const isPayloadType = (value: number) => Number.isInteger(value) && value >= 0 && value <= 127
  if (!isPayloadType(codec.payloadType)) throw badArgument(`payload type must be 0 to 127, not ${codec.payloadType}`)
  if (!Number.isInteger(codec.clockRateHz) || codec.clockRateHz < 1 || codec.clockRateHz > maxSsrc) {
    throw badArgument(`clock rate of ${codec.name} is no rate: ${codec.clockRateHz}`)
  }
  const associated = codec.associatedPayloadType
  if (codec.name === 'rtx' && (associated === undefined || !isPayloadType(associated))) {
    throw badArgument(`rtx payload type ${codec.payloadType} needs an associated payload type`)
  }
  return [
    codec.payloadType,
    codec.kind === 'audio' ? 0 : 1,
    codecNumbers[codec.name] ?? 0,
    codec.clockRateHz,
    codec.name === 'rtx' ? (associated ?? 0) : 0,
  ]
}

/** Pairs of SSRC and RTX SSRC (0 = none); all different. */
export function nativeEncodings(options: SourceOptions): Uint32Array {
  const { encodings } = options
  if (encodings.length === 0 || encodings.length > 8) {
    throw badArgument(`a source has 1 to 8 encodings, not ${encodings.length}`)
  }
  const numbers = encodings.flatMap(({ ssrc, rtxSsrc }) => [
    requireSsrc(ssrc),
    rtxSsrc === undefined ? 0 : requireSsrc(rtxSsrc),
  ])
  const used = numbers.filter((ssrc) => ssrc !== 0)
  if (new Set(used).size !== used.length) throw badArgument('a source names an SSRC twice')
  return Uint32Array.from(numbers)
}

/** Highest encoding, spatial and temporal layer. */
export function nativeLimits(limits: Omit<Forwarding, 'source'>): [number, number, number] {
  return [
    layerIndex(limits.maxEncoding, 'encoding'),
    layerIndex(limits.maxSpatial ?? everyLayer, 'spatial layer'),
    layerIndex(limits.maxTemporal ?? everyLayer, 'temporal layer'),
  ]
}

function layerIndex(index: number, what: string): number {
  if (!Number.isInteger(index) || index < 0) throw badArgument(`no ${what} index: ${index}`)
  return Math.min(index, everyLayer)
}

/** As `kEveryLayer` of `native/layers/layer_packet.h`. */
const everyLayer = 255

export function requireSsrc(ssrc: number): number {
  if (Number.isInteger(ssrc) && ssrc >= 1 && ssrc <= maxSsrc) return ssrc
  throw badArgument(`SSRC must be 1 to ${maxSsrc}, not ${ssrc}`)
}

export function codecNumber(name: string): number {
  return codecNumbers[name] ?? 0
}

export function badArgument(message: string): EngineError {
  return new EngineError('bad-argument', message)
}
