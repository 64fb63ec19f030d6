/** What we can do, as the focus asks it before inviting us (XEP-0030) and as presence announces it (XEP-0115). */
import type { AudioSettings } from './audio-settings.ts'
import { child, el, NS, type XmlElement } from '@parley/protocol'

/** Sorted by code point, as XEP-0115 §5.1 wants them. */
export const features: readonly string[] = [
  NS.caps,
  NS.discoInfo,
  'http://jitsi.org/json-encoded-sources',
  'http://jitsi.org/receive-multiple-video-streams',
  'http://jitsi.org/source-name',
  'http://jitsi.org/tcc',
  'urn:ietf:rfc:4588',
  NS.jingle,
  NS.dtls,
  NS.rtp,
  'urn:xmpp:jingle:apps:rtp:audio',
  'urn:xmpp:jingle:apps:rtp:video',
  NS.iceUdp,
  NS.ping,
].sort()

/** With what settings add, and the browser can. */
export function featuresWith(audio: AudioSettings): readonly string[] {
  return audio.opusRed ? [...features, 'http://jitsi.org/opus-red'].sort() : features
}

/** The `<c>` of our presence. */
export function capsElement(version: string): XmlElement {
  return el('c', NS.caps, { hash: 'sha-1', node: capsNode, ver: version })
}

/** XEP-0115 §5.1 without identities or forms: each feature followed by `<`, SHA-1, base64. */
export async function capsVersion(
  sha1: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>,
  of: readonly string[] = features,
): Promise<string> {
  const text = [...of]
    .sort()
    .map((feature) => `${feature}<`)
    .join('')
  return btoa(String.fromCharCode(...(await sha1(new TextEncoder().encode(text)))))
}

/** The answer to a disco#info question, or `undefined` when the stanza is none. The asked node is echoed, whatever it is. */
export function answerDiscoInfo(iq: XmlElement, of: readonly string[] = features): XmlElement | undefined {
  const query = child(iq, 'query', NS.discoInfo)
  if (iq.attrs.type !== 'get' || !query) return undefined
  const answer = el(
    'query',
    NS.discoInfo,
    { node: query.attrs.node },
    ...of.map((feature) => el('feature', NS.discoInfo, { var: feature })),
  )
  return el('iq', NS.client, { type: 'result', to: iq.attrs.from, id: iq.attrs.id }, answer)
}

const capsNode = 'https://jitsi.org/jitsi-meet'
