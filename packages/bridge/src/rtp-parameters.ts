/** From the codecs and extensions of signalling to what the engine needs to know of a transport's packets. */
import type { MediaDescription, PayloadType } from '@parley/protocol'
import type { CodecParameters, RtpParameters } from '@parley/media-engine'

/** Ids are shared by audio and video under BUNDLE, so that the first description of a payload type or extension counts. */
export function rtpParameters(media: readonly MediaDescription[]): RtpParameters {
  const codecs = new Map<number, CodecParameters>()
  const ids: Partial<Record<ExtensionField, number>> = {}
  for (const description of media) {
    for (const payload of description.payloadTypes) {
      if (!codecs.has(payload.id)) codecs.set(payload.id, codec(description.kind, payload))
    }
    for (const { id, uri } of description.headerExtensions) {
      const field = extensionFields.get(uri)
      if (field) ids[field] ??= id
    }
  }
  return { codecs: [...codecs.values()], ...ids }
}

function codec(kind: MediaDescription['kind'], payload: PayloadType): CodecParameters {
  const apt = payload.parameters['apt']
  const repaired = apt !== undefined && /^\d{1,3}$/.test(apt) ? Number(apt) : undefined
  return {
    payloadType: payload.id,
    kind,
    name: payload.name.toLowerCase(),
    clockRateHz: payload.clockRateHz,
    ...(repaired === undefined ? {} : { associatedPayloadType: repaired }),
  }
}

type ExtensionField = Extract<keyof RtpParameters, `${string}ExtensionId`>

const extensionFields: ReadonlyMap<string, ExtensionField> = new Map<string, ExtensionField>([
  ['urn:ietf:params:rtp-hdrext:ssrc-audio-level', 'audioLevelExtensionId'],
  ['http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', 'transportCcExtensionId'],
  ['http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', 'absSendTimeExtensionId'],
  ['urn:ietf:params:rtp-hdrext:sdes:mid', 'midExtensionId'],
  [
    'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
    'dependencyDescriptorExtensionId',
  ],
])
