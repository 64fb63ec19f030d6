/** A bridge without media: keeps what it is told, and answers as the port says. */
import type {
  BridgeEvent,
  BridgePort,
  CreateEndpoint,
  EndpointAddress,
  EndpointCreated,
  UpdateEndpoint,
} from '@parley/bridge/port'
import { done, LocalEventSource, type Outcome, refused, unreachable } from '@parley/cluster'
import type { SourceSet, TransportDescription } from '@parley/protocol'

export type BridgeTrouble = 'none' | 'unreachable' | 'refusing'

interface Kept extends CreateEndpoint {
  update: Partial<UpdateEndpoint>
}

export class MemoryBridge implements BridgePort {
  readonly events = new LocalEventSource<BridgeEvent>((error) => {
    throw error
  })
  /** Method and endpoint or conference of every call, in order. */
  readonly calls: string[] = []
  readonly conferences = new Map<string, Map<string, Kept>>()
  trouble: BridgeTrouble = 'none'
  /** While set, calls are answered when it resolves. */
  hold: Promise<void> | undefined
  #allocations = 0

  endpoint(id: string): Kept | undefined {
    for (const endpoints of this.conferences.values()) if (endpoints.has(id)) return endpoints.get(id)
    return undefined
  }

  createEndpoint(request: CreateEndpoint): Promise<Outcome<EndpointCreated>> {
    return this.#answer(`create ${request.endpointId}`, () => {
      const endpoints = this.conferences.get(request.conferenceId) ?? new Map<string, Kept>()
      if (endpoints.has(request.endpointId)) return refused('endpoint-exists', `${request.endpointId} exists`)
      this.conferences.set(request.conferenceId, endpoints)
      endpoints.set(request.endpointId, { ...request, update: {} })
      return done(this.#created(request))
    })
  }

  updateEndpoint(request: UpdateEndpoint): Promise<Outcome<void>> {
    return this.#answer(`update ${request.endpointId}`, () => {
      const kept = this.conferences.get(request.conferenceId)?.get(request.endpointId)
      if (!kept) return refused('no-such-endpoint', request.endpointId)
      kept.update = { ...kept.update, ...request }
      return done(undefined)
    })
  }

  restartIce({ conferenceId, endpointId }: EndpointAddress): Promise<Outcome<TransportDescription>> {
    return this.#answer(`restart ICE of ${endpointId}`, () => {
      const kept = this.conferences.get(conferenceId)?.get(endpointId)
      return kept ? done(this.#created(kept).transport) : refused('no-such-endpoint', endpointId)
    })
  }

  expireEndpoint({ conferenceId, endpointId }: EndpointAddress): Promise<Outcome<void>> {
    return this.#answer(`expire ${endpointId}`, () => {
      this.conferences.get(conferenceId)?.delete(endpointId)
      return done(undefined)
    })
  }

  expireConference({ conferenceId }: { readonly conferenceId: string }): Promise<Outcome<void>> {
    return this.#answer('expire conference', () => {
      this.conferences.delete(conferenceId)
      return done(undefined)
    })
  }

  async #answer<T>(call: string, answer: () => Outcome<T>): Promise<Outcome<T>> {
    this.calls.push(call)
    await this.hold
    if (this.trouble === 'unreachable') return unreachable('nobody serves bridges')
    if (this.trouble === 'refusing') return refused('closing', 'the bridge is closing')
    return answer()
  }

  #created({ endpointId }: CreateEndpoint): EndpointCreated {
    const serial = ++this.#allocations
    return {
      transport: {
        ufrag: `ufrag${serial}`,
        pwd: `pwd-of-at-least-22-characters-${serial}`,
        fingerprints: [{ hash: 'sha-256', value: Array(32).fill('AB').join(':'), setup: 'actpass' }],
        candidates: [
          { foundation: '1', component: 1, protocol: 'udp', priority: 9, ip: '127.0.0.1', port: 10_000, type: 'host' },
        ],
        webSocketUrls: [`/colibri-ws/b1/c/${endpointId}?pwd=${serial}`],
      },
      bridgeSources,
    }
  }
}

export const bridgeSources: SourceSet = {
  audio: [{ ssrc: 1_111_111_111, name: 'jvb-a0', msid: 'mixedmslabel mixedlabelaudio0' }],
  video: [{ ssrc: 1_111_111_112, name: 'jvb-v0', msid: 'mixedmslabel mixedlabelvideo0' }],
  groups: [],
}
