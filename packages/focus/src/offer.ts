/**
 * What is offered to a client: the codecs and header extensions that the bridge forwards, less what the client cannot
 * do. Payload types and extension ids are the same for every client, so that the bridge forwards them unchanged.
 */
import type { HeaderExtension, MediaDescription, PayloadType } from '@parley/protocol'
import { feature } from './features.ts'

const audioLevel: HeaderExtension = { id: 1, uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level' }
const absSendTime: HeaderExtension = { id: 3, uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time' }
const transportCc: HeaderExtension = {
  id: 5,
  uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
}

const dependencyDescriptor: HeaderExtension = {
  id: 11,
  uri: 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
}

/**
 * Audio and video, each if the client has the feature; never empty for usable features. Clients with the same features get
 * the same objects, so that what is made of them is made once.
 */
export function offeredMedia(features: ReadonlySet<string>): MediaDescription[] {
  const hasTcc = features.has(feature.tcc)
  const media: MediaDescription[] = []
  if (features.has(feature.audio)) media.push(offers.audio(hasTcc, features.has(feature.opusRed)))
  if (features.has(feature.video)) media.push(offers.video(hasTcc, features.has(feature.rtx)))
  return media
}

/** What of an offer an answer has taken; the rest of the answer means nothing to the bridge. */
export function acceptedMedia(
  offered: readonly MediaDescription[],
  answered: readonly MediaDescription[],
): MediaDescription[] {
  return offered.flatMap((offer) => {
    const answer = answered.find(({ kind }) => kind === offer.kind)
    if (!answer) return []
    const ids = new Set(answer.payloadTypes.map(({ id }) => id))
    const uris = new Set(answer.headerExtensions.map(({ uri }) => uri))
    return {
      kind: offer.kind,
      payloadTypes: offer.payloadTypes.filter(({ id }) => ids.has(id)),
      headerExtensions: offer.headerExtensions.filter(({ uri }) => uris.has(uri)),
    }
  })
}

function audioOffer(hasTcc: boolean, hasRed: boolean): MediaDescription {
  const opus: PayloadType = {
    id: 111,
    name: 'opus',
    clockRateHz: 48_000,
    channels: 2,
    // redundant packets repair what forward error correction would, and better
    parameters: { minptime: '10', ...(!hasRed && { useinbandfec: '1' }) },
    feedback: hasTcc ? [{ type: 'transport-cc' }] : [],
  }
  // RFC 2198: each packet carries the one before it, too; first, so that clients send it
  const red: PayloadType = { ...opus, id: 112, name: 'red', parameters: { '': '111/111' } }
  return {
    kind: 'audio',
    payloadTypes: hasRed ? [red, opus] : [opus],
    headerExtensions: hasTcc ? [audioLevel, transportCc] : [audioLevel],
  }
}

/** Every codec: each client chooses what it sends, as long as the others can receive it, and may change that any time. */
function videoOffer(hasTcc: boolean, hasRtx: boolean): MediaDescription {
  const feedback = [...lossFeedback, { type: hasTcc ? 'transport-cc' : 'goog-remb' }]
  const codecs = videoCodecs.map(({ id, name, parameters }) => ({ id, name, clockRateHz, parameters, feedback }))
  const repairs = videoCodecs.map(({ id, rtxId }) => {
    return { id: rtxId, name: 'rtx', clockRateHz, parameters: { apt: String(id) }, feedback: lossFeedback }
  })
  return {
    kind: 'video',
    payloadTypes: hasRtx ? [...codecs, ...repairs] : codecs,
    headerExtensions: [dependencyDescriptor, absSendTime, ...(hasTcc ? [transportCc] : [])],
  }
}

const clockRateHz = 90_000
const lossFeedback = [{ type: 'ccm', subtype: 'fir' }, { type: 'nack' }, { type: 'nack', subtype: 'pli' }]
/** In the order that clients know; VP8 is what those fall back to that choose nothing. */
const videoCodecs = [
  { id: 100, rtxId: 96, name: 'VP8', parameters: {} },
  { id: 41, rtxId: 42, name: 'AV1', parameters: {} },
  {
    id: 107,
    rtxId: 99,
    name: 'H264',
    // constrained baseline, the profile that every browser has (RFC 7742 §6.2)
    parameters: { 'profile-level-id': '42e01f', 'level-asymmetry-allowed': '1', 'packetization-mode': '1' },
  },
  { id: 101, rtxId: 97, name: 'VP9', parameters: {} },
] as const

const offers = { audio: remembered(audioOffer), video: remembered(videoOffer) }

/** The same answer to the same two questions. */
function remembered<T>(make: (first: boolean, second: boolean) => T): (first: boolean, second: boolean) => T {
  const made = new Map<string, T>()
  return (first, second) => {
    const key = `${first} ${second}`
    const known = made.get(key) ?? make(first, second)
    made.set(key, known)
    return known
  }
}
