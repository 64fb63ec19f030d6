/** Learns what a newcomer's client can do, before it is invited. */
import { child, decodeCaps, decodeFeatures, el, NS, type XmlElement } from '@parley/protocol'
import type { Core } from './core.ts'
import { assumedFeatures, usableFeatures } from './features.ts'
import type { Member } from './member.ts'

export const discoveryTimeoutMs = 2_000

/** @param onKnown called once, in time, whether the client answers or not */
export function discoverFeatures(core: Core, member: Member, presence: XmlElement, onKnown: () => void): void {
  const caps = decodeCaps(presence)
  const cached = caps && core.settings.caps.get(caps)
  const finish = (features: ReadonlySet<string>) => {
    if (core.members.get(member.endpointId) !== member) return
    member.features = usableFeatures(features)
    onKnown()
  }
  if (cached) return finish(cached)
  core.requests.send({
    type: 'get',
    to: member.jid,
    payload: el('query', NS.discoInfo, { node: caps && `${caps.node}#${caps.ver}` }),
    timeoutMs: discoveryTimeoutMs,
    onAnswer: (answer) => {
      const query = answer?.attrs.type === 'result' ? child(answer, 'query', NS.discoInfo) : undefined
      if (!query) {
        core.log('info', 'client features unknown, assuming audio and video', { endpoint: member.endpointId })
        return finish(assumedFeatures)
      }
      const features = decodeFeatures(query)
      if (caps) core.settings.caps.put(caps, features)
      finish(features)
    },
  })
}
