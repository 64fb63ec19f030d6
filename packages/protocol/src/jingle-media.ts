/**
 * Codecs and header extensions of one content: `<payload-type>` (XEP-0167), `<rtcp-fb>` (XEP-0293), `<rtp-hdrext>`
 * (XEP-0294).
 */
import { JingleError, type JingleLimits } from './jingle-error.ts'
import { bounded, clip } from './jingle-sources.ts'
import type { HeaderExtension, MediaDescription, MediaKind, PayloadType } from './media.ts'
import { NS } from './namespaces.ts'
import { childElements, el, shareContent, type XmlElement } from './xml.ts'

/** Children of the description: extensions, then payload types in order of preference. */
export function encodeMedia(media: MediaDescription): readonly XmlElement[] {
  const known = encodedMedia.get(media)
  if (known) return known
  const encoded = [
    ...media.headerExtensions.map(({ id, uri }) => el('rtp-hdrext', NS.rtpHdrext, { id, uri })),
    ...media.payloadTypes.map((payload) => shareContent(encodePayloadType(payload))),
  ]
  encodedMedia.set(media, encoded)
  return encoded
}

/** Everybody who can do the same is offered the same object, and it is most of an offer. */
const encodedMedia = new WeakMap<MediaDescription, readonly XmlElement[]>()

/** @throws JingleError */
export function decodeMedia(description: XmlElement, kind: MediaKind, limits: JingleLimits): MediaDescription {
  const payloadTypes = childElements(description, 'payload-type')
  if (payloadTypes.length > limits.maxPayloadTypes) {
    throw new JingleError('resource-constraint', `more than ${limits.maxPayloadTypes} payload types`)
  }
  return {
    kind,
    payloadTypes: payloadTypes.map((element) => decodePayloadType(element, limits)),
    headerExtensions: capped(childElements(description, 'rtp-hdrext'), limits.maxLines, 'header extensions').map(
      decodeHeaderExtension,
    ),
  }
}

function encodePayloadType(payload: PayloadType): XmlElement {
  return el(
    'payload-type',
    NS.rtp,
    { id: payload.id, name: payload.name, clockrate: payload.clockRateHz, channels: payload.channels },
    ...Object.entries(payload.parameters).map(([name, value]) =>
      // An unnamed parameter is written as a bare value in SDP (`a=fmtp:112 111/111`).
      el('parameter', NS.rtp, name === '' ? { value } : { name, value }),
    ),
    ...payload.feedback.map(({ type, subtype }) => el('rtcp-fb', NS.rtcpFb, { type, subtype })),
  )
}

function decodePayloadType(element: XmlElement, limits: JingleLimits): PayloadType {
  const channels = optionalInteger(element.attrs.channels, 'channels', 1, 255)
  const parameters: Record<string, string> = {}
  for (const { attrs } of capped(childElements(element, 'parameter'), limits.maxLines, 'parameters')) {
    const name = bounded(attrs.name ?? '', 64, 'parameter name')
    // A key that assigns to the prototype instead of an entry would vanish.
    if (name !== '__proto__') parameters[name] = bounded(attrs.value ?? '', 512, 'parameter value')
  }
  return {
    id: integer(element.attrs.id, 'payload type', 0, 127),
    name: bounded(element.attrs.name ?? '', 64, 'codec name'),
    clockRateHz: optionalInteger(element.attrs.clockrate, 'clockrate', 1, 1_000_000_000) ?? 90_000,
    ...(channels !== undefined && { channels }),
    parameters,
    feedback: capped(childElements(element, 'rtcp-fb'), limits.maxLines, 'feedback kinds').map(({ attrs }) => ({
      type: bounded(attrs.type ?? '', 64, 'feedback type'),
      ...(attrs.subtype && { subtype: bounded(attrs.subtype, 64, 'feedback subtype') }),
    })),
  }
}

function decodeHeaderExtension({ attrs }: XmlElement): HeaderExtension {
  return { id: integer(attrs.id, 'header extension id', 1, 255), uri: bounded(attrs.uri ?? '', 256, 'extension URI') }
}

function capped(elements: XmlElement[], max: number, what: string): XmlElement[] {
  if (elements.length > max) throw new JingleError('resource-constraint', `more than ${max} ${what}`)
  return elements
}

function optionalInteger(text: string | undefined, what: string, min: number, max: number): number | undefined {
  return text === undefined ? undefined : integer(text, what, min, max)
}

function integer(text: string | undefined, what: string, min: number, max: number): number {
  const value = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw new JingleError('bad-request', `${what} "${clip(text)}" is not valid`)
  return value
}
