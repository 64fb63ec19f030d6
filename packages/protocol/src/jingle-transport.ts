/** ICE and DTLS of one side: `<transport>` of XEP-0176 with `<fingerprint>` of XEP-0320 and Jitsi's `<web-socket>`. */
import { JingleError, type JingleLimits } from './jingle-error.ts'
import { clip } from './jingle-sources.ts'
import type { Fingerprint, IceCandidate, TransportDescription } from './media.ts'
import { NS } from './namespaces.ts'
import { childElements, el, textOf, type XmlElement } from './xml.ts'

export function encodeTransport(transport: TransportDescription): XmlElement {
  return el(
    'transport',
    NS.iceUdp,
    { ufrag: transport.ufrag, pwd: transport.pwd },
    el('rtcp-mux', NS.iceUdp),
    ...transport.fingerprints.map(({ hash, setup, value }) =>
      el('fingerprint', NS.dtls, { hash, setup, required: false }, value),
    ),
    ...transport.candidates.map(encodeCandidate),
    ...transport.webSocketUrls.map((url) => el('web-socket', NS.colibri, { url })),
  )
}

/**
 * A side's whole transport. Candidates that cannot be understood are passed over: others may work.
 * @throws JingleError when credentials or fingerprints are missing or malformed
 */
export function decodeTransport(element: XmlElement, limits: JingleLimits): TransportDescription {
  const { ufrag = '', pwd = '' } = element.attrs
  if (!/^[\x21-\x7e]{4,256}$/.test(ufrag)) throw new JingleError('bad-request', 'transport has no valid ufrag')
  if (!/^[\x21-\x7e]{22,256}$/.test(pwd)) throw new JingleError('bad-request', 'transport has no valid pwd')
  const fingerprints = childElements(element, 'fingerprint')
  if (fingerprints.length === 0) throw new JingleError('bad-request', 'transport has no fingerprint')
  if (fingerprints.length > limits.maxFingerprints) {
    throw new JingleError('resource-constraint', `more than ${limits.maxFingerprints} fingerprints`)
  }
  return {
    ufrag,
    pwd,
    fingerprints: fingerprints.map(decodeFingerprint),
    candidates: decodeCandidates(element, limits),
    webSocketUrls: childElements(element, 'web-socket', NS.colibri)
      .map(({ attrs }) => attrs.url ?? '')
      .filter((url) => url !== ''),
  }
}

/** The candidates of a transport, as `transport-info` trickles them. */
export function decodeCandidates(element: XmlElement, limits: JingleLimits): IceCandidate[] {
  const candidates = childElements(element, 'candidate')
  if (candidates.length > limits.maxCandidates) {
    throw new JingleError('resource-constraint', `more than ${limits.maxCandidates} candidates`)
  }
  return candidates.map(decodeCandidate).filter((candidate) => candidate !== undefined)
}

export function encodeCandidate(candidate: IceCandidate, index: number): XmlElement {
  return el('candidate', NS.iceUdp, {
    component: candidate.component,
    foundation: candidate.foundation,
    generation: 0,
    id: `c${index + 1}`,
    network: 0,
    ip: candidate.ip,
    port: candidate.port,
    priority: candidate.priority,
    protocol: candidate.protocol,
    type: candidate.type,
    'rel-addr': candidate.relatedAddress,
    'rel-port': candidate.relatedPort,
    tcptype: candidate.tcpType,
  })
}

function decodeCandidate({ attrs }: XmlElement): IceCandidate | undefined {
  const protocol = attrs.protocol?.toLowerCase()
  const component = number(attrs.component, 256)
  const port = number(attrs.port, 65_535)
  const priority = number(attrs.priority, 0xffffffff)
  const relatedPort = number(attrs['rel-port'], 65_535)
  const relatedAddress = attrs['rel-addr']
  const tcpType = attrs.tcptype
  if (protocol !== 'udp' && protocol !== 'tcp') return undefined
  if (!isCandidateType(attrs.type) || component === undefined || port === undefined || priority === undefined) {
    return undefined
  }
  // An address, or a host name that hides one (`….local`).
  if (!/^[0-9A-Za-z.:%_-]{1,255}$/.test(attrs.ip ?? '')) return undefined
  return {
    foundation: (attrs.foundation ?? '').slice(0, 32),
    component,
    protocol,
    priority,
    ip: attrs.ip ?? '',
    port,
    type: attrs.type,
    ...(relatedAddress && relatedAddress.length <= 255 && { relatedAddress }),
    ...(relatedPort !== undefined && { relatedPort }),
    ...(isTcpType(tcpType) && { tcpType }),
  }
}

function decodeFingerprint(element: XmlElement): Fingerprint {
  const { hash = '', setup = 'actpass' } = element.attrs
  const value = textOf(element).trim().toUpperCase()
  if (!/^(?:[0-9A-F]{2}:){15,63}[0-9A-F]{2}$/.test(value)) {
    throw new JingleError('bad-request', `fingerprint "${clip(value)}" is not hexadecimal bytes with colons`)
  }
  if (!/^[a-z0-9-]{3,16}$/i.test(hash)) throw new JingleError('bad-request', `hash "${clip(hash)}" is not valid`)
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive') {
    throw new JingleError('bad-request', `setup "${clip(setup)}" is not valid`)
  }
  return { hash: hash.toLowerCase(), value, setup }
}

function isCandidateType(text: string | undefined): text is IceCandidate['type'] {
  return text === 'host' || text === 'srflx' || text === 'prflx' || text === 'relay'
}

function isTcpType(text: string | undefined): text is NonNullable<IceCandidate['tcpType']> {
  return text === 'active' || text === 'passive' || text === 'so'
}

function number(text: string | undefined, max: number): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined
  const value = Number(text)
  return value <= max ? value : undefined
}
