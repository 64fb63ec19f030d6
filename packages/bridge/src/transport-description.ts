/** Between Jingle's transport and the engine's: our candidates in the offer, the peer's ICE and DTLS from its answer. */
import type { IceCandidate, TransportDescription } from '@parley/protocol'
import type { LocalTransport, RemoteTransport } from '@parley/media-engine'
import { BridgeError } from './errors.ts'

/** An address under which peers reach one of the engine's ports. */
export interface AdvertisedAddress {
  readonly ip: string
  readonly port: number
  /** Default `udp`. */
  readonly protocol?: 'udp' | 'tcp'
  /** The machine's own address, where the one above is what a NAT makes of it. */
  readonly base?: { readonly ip: string; readonly port: number }
}

export interface OfferedTransport {
  readonly local: LocalTransport
  /** SHA-256 of the engine's certificate. */
  readonly fingerprint: string
  readonly addresses: readonly AdvertisedAddress[]
  readonly webSocketPath: string
}

/** Our side of an offer: `actpass`, so that the answerer becomes the DTLS client (RFC 5763 §5). */
export function describeTransport(offer: OfferedTransport): TransportDescription {
  return {
    ufrag: offer.local.iceUfrag,
    pwd: offer.local.icePwd,
    fingerprints: [{ hash: 'sha-256', value: offer.fingerprint, setup: 'actpass' }],
    candidates: offer.addresses.map(candidateOf),
    webSocketUrls: [offer.webSocketPath],
  }
}

/** The first address is preferred. Every address has its own foundation, as bases differ (RFC 8445 §5.1.1.3). */
function candidateOf(address: AdvertisedAddress, index: number): IceCandidate {
  const { base } = address
  const typePreference = base ? serverReflexiveTypePreference : hostTypePreference
  return {
    foundation: String(index + 1),
    component: rtpComponent,
    ip: address.ip,
    port: address.port,
    type: base ? 'srflx' : 'host',
    ...(base && { relatedAddress: base.ip, relatedPort: base.port }),
    ...(address.protocol === 'tcp'
      ? { protocol: 'tcp', tcpType: 'passive', priority: tcpPriority(index) }
      : { protocol: 'udp', priority: candidatePriority(typePreference, Math.max(0, 65535 - index), rtpComponent) }),
  }
}

/** RFC 6544 §4.2: below every UDP candidate; of the local preference, three bits are the direction. */
function tcpPriority(index: number): number {
  return candidatePriority(tcpTypePreference, passivePreference * 2 ** 13 + Math.max(0, 8191 - index), rtpComponent)
}

/** RFC 8445 §5.1.2.1. */
export function candidatePriority(typePreference: number, localPreference: number, component: number): number {
  return typePreference * 2 ** 24 + localPreference * 2 ** 8 + (256 - component)
}

/** The peer's side of an answer. @throws BridgeError `bad-request` */
export function remoteTransport(description: TransportDescription): RemoteTransport {
  const first = description.fingerprints[0]
  if (!first) throw new BridgeError('bad-request', 'the transport has no fingerprint')
  if (description.ufrag === '' || description.pwd === '') {
    throw new BridgeError('bad-request', 'the transport has no ICE user fragment or password')
  }
  return {
    iceUfrag: description.ufrag,
    icePwd: description.pwd,
    fingerprints: description.fingerprints.map(({ hash, value }) => ({ hash, value })),
    // An answer may not say actpass (RFC 5763 §5); who does so anyway is taken for the usual client.
    setup: first.setup === 'passive' ? 'passive' : 'active',
  }
}

const rtpComponent = 1
const hostTypePreference = 126
const serverReflexiveTypePreference = 100
const tcpTypePreference = 90
const passivePreference = 4
