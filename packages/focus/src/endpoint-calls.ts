/**
 * Calls to the bridge, one at a time per endpoint. An endpoint that leaves and comes back, or restarts, would otherwise
 * race with itself: its old `expire` could overtake its new `create`.
 *
 * Bound: besides the call in flight an endpoint's lane holds at most expire, create, and updates, which are merged, with
 * the few ICE restarts that a client may have in a minute between them. An expire drops what waits before it, answers
 * included: they belong to a session that is over.
 */
import type { CreateEndpoint, EndpointAddress, EndpointCreated, UpdateEndpoint } from '@parley/bridge/port'
import type { Outcome } from '@parley/cluster'
import type { TransportDescription } from '@parley/protocol'

export type BridgeCall =
  | { readonly method: 'createEndpoint'; readonly request: CreateEndpoint }
  | { readonly method: 'updateEndpoint'; readonly request: UpdateEndpoint }
  | { readonly method: 'restartIce'; readonly request: EndpointAddress }
  | { readonly method: 'expireEndpoint'; readonly request: EndpointAddress }
  | { readonly method: 'expireConference'; readonly request: { readonly conferenceId: string } }

type OnOutcome<T> = (outcome: Outcome<T>) => void

interface Waiting {
  readonly call: BridgeCall
  /** What the answer holds depends on the call, which stands beside it. */
  readonly onOutcome: OnOutcome<never>
}

export class EndpointCalls {
  readonly #start: (id: number, call: BridgeCall) => void
  readonly #lanes = new Map<string, { readonly inFlight: Waiting; readonly queue: Waiting[] }>()
  readonly #laneOf = new Map<number, string>()
  #lastId = 0

  /** @param start begins a call; its outcome comes back through {@link finish} with the same id */
  constructor(start: (id: number, call: BridgeCall) => void) {
    this.#start = start
  }

  create(request: CreateEndpoint, onOutcome: OnOutcome<EndpointCreated>): void {
    this.#enqueue(request.endpointId, { call: { method: 'createEndpoint', request }, onOutcome })
  }

  update(request: UpdateEndpoint, onOutcome: OnOutcome<void>): void {
    const queue = this.#lanes.get(request.endpointId)?.queue
    const last = queue?.at(-1)
    if (queue && last?.call.method === 'updateEndpoint') {
      queue.pop()
      request = { ...last.call.request, ...request }
    }
    this.#enqueue(request.endpointId, { call: { method: 'updateEndpoint', request }, onOutcome })
  }

  restartIce(request: EndpointAddress, onOutcome: OnOutcome<TransportDescription>): void {
    this.#enqueue(request.endpointId, { call: { method: 'restartIce', request }, onOutcome })
  }

  expire(request: EndpointAddress, onOutcome: OnOutcome<void>): void {
    const lane = this.#lanes.get(request.endpointId)
    if (lane) lane.queue.length = 0
    this.#enqueue(request.endpointId, { call: { method: 'expireEndpoint', request }, onOutcome })
  }

  finish(id: number, outcome: Outcome<unknown>): void {
    const endpointId = this.#laneOf.get(id)
    this.#laneOf.delete(id)
    const lane = endpointId === undefined ? undefined : this.#lanes.get(endpointId)
    if (endpointId === undefined || !lane) return
    this.#lanes.delete(endpointId)
    const [next, ...rest] = lane.queue
    if (next) this.#begin(endpointId, next, rest)
    lane.inFlight.onOutcome(outcome as Outcome<never>)
  }

  #enqueue(endpointId: string, waiting: Waiting): void {
    const lane = this.#lanes.get(endpointId)
    if (lane) lane.queue.push(waiting)
    else this.#begin(endpointId, waiting, [])
  }

  #begin(endpointId: string, inFlight: Waiting, queue: Waiting[]): void {
    const id = ++this.#lastId
    this.#lanes.set(endpointId, { inFlight, queue })
    this.#laneOf.set(id, endpointId)
    this.#start(id, inFlight.call)
  }
}
