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

/** Audio and video, each if the client has the feature; never empty for usable features. */
export function offeredMedia(features: ReadonlySet<string>): MediaDescription[] {
  const hasTcc = features.has(feature.tcc)
  const media: MediaDescription[] = []
  if (features.has(feature.audio)) media.push(audioOffer(hasTcc))
  if (features.has(feature.video)) media.push(videoOffer(hasTcc, features.has(feature.rtx)))
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

function audioOffer(hasTcc: boolean): MediaDescription {
  const opus: PayloadType = {
    id: 111,
    name: 'opus',
    clockRateHz: 48_000,
    channels: 2,
    parameters: { minptime: '10', useinbandfec: '1' },
    feedback: hasTcc ? [{ type: 'transport-cc' }] : [],
  }
  return {
    kind: 'audio',
    payloadTypes: [opus],
    headerExtensions: hasTcc ? [audioLevel, transportCc] : [audioLevel],
  }
}

function videoOffer(hasTcc: boolean, hasRtx: boolean): MediaDescription {
  const loss = [{ type: 'ccm', subtype: 'fir' }, { type: 'nack' }, { type: 'nack', subtype: 'pli' }]
  const vp8: PayloadType = {
    id: 100,
    name: 'VP8',
    clockRateHz: 90_000,
    parameters: {},
    feedback: [...loss, { type: hasTcc ? 'transport-cc' : 'goog-remb' }],
  }
  const rtx: PayloadType = { id: 96, name: 'rtx', clockRateHz: 90_000, parameters: { apt: '100' }, feedback: loss }
  return {
    kind: 'video',
    payloadTypes: hasRtx ? [vp8, rtx] : [vp8],
    headerExtensions: hasTcc ? [absSendTime, transportCc] : [absSendTime],
  }
}
