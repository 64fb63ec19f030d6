/** Runs one conference: carries its outputs out, in order, and wakes it at its deadline. */
import type { BridgePort } from '@parley/bridge/port'
import { callWithDeadline, type Outcome } from '@parley/cluster'
import type { XmlElement } from '@parley/protocol'
import type { Conference } from '../conference.ts'
import type { Input, Output } from '../core.ts'
import type { BridgeCall } from '../endpoint-calls.ts'
import type { LogFields, LogLevel } from '../log.ts'
import type { FocusClock } from './system.ts'

/** The bridge's port promises an outcome in time; this is for a port that breaks its promise. */
const bridgeCallTimeoutMs = 15_000

export interface ConferenceDriverOptions {
  readonly conference: Conference
  readonly bridge: BridgePort
  readonly clock: FocusClock
  readonly send: (stanza: XmlElement) => void
  readonly reply: (output: Output & { readonly type: 'reply' }) => void
  readonly log: (level: LogLevel, message: string, fields: LogFields) => void
  readonly onEnded: () => void
}

export class ConferenceDriver {
  readonly #options: ConferenceDriverOptions
  readonly #callsInFlight = new Set<Promise<void>>()
  #cancelTimer: (() => void) | undefined
  #timerAt: number | undefined
  #isDraining = false

  constructor(options: ConferenceDriverOptions) {
    this.#options = options
  }

  get conference(): Conference {
    return this.#options.conference
  }

  handle(input: Input): void {
    const { conference, clock, log } = this.#options
    try {
      conference.handle(clock.now(), input)
    } catch (error) {
      // A mistake of ours in one conference must not reach the others through the router.
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
      log('error', 'conference failed to handle an input', {
        room: conference.summary().room,
        input: input.type,
        cause,
      })
    }
    // A stanza that is answered during its own sending comes back here: the loop below takes its outputs too.
    if (this.#isDraining) return
    this.#isDraining = true
    try {
      for (let output = conference.poll(); output; output = conference.poll()) this.#perform(output)
    } finally {
      this.#isDraining = false
    }
    this.#arm()
  }

  /** Ends the conference; resolves when the bridge has answered. */
  async close(): Promise<void> {
    this.handle({ type: 'close' })
    await Promise.all(this.#callsInFlight)
  }

  #perform(output: Output): void {
    const { send, reply, log, onEnded } = this.#options
    switch (output.type) {
      case 'stanza':
        return send(output.stanza)
      case 'bridge-call':
        return this.#call(output.id, output.call)
      case 'reply':
        return reply(output)
      case 'log':
        return log(output.level, output.message, output.fields)
      case 'ended':
        return onEnded()
    }
  }

  #call(id: number, call: BridgeCall): void {
    const { clock, bridge, conference } = this.#options
    const deadline = {
      timeoutMs: bridgeCallTimeoutMs,
      what: `bridge: ${call.method} for ${conference.summary().room}`,
      after: (delayMs: number, run: () => void) => clock.setTimer(delayMs, run),
    }
    const finished = callWithDeadline(() => start(bridge, call), deadline).then((outcome) => {
      this.#callsInFlight.delete(finished)
      this.handle({ type: 'bridge-outcome', id, outcome })
    })
    this.#callsInFlight.add(finished)
  }

  #arm(): void {
    const { conference, clock } = this.#options
    const at = conference.deadline()?.at
    if (at === this.#timerAt) return
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#timerAt = at
    if (at === undefined) return
    this.#cancelTimer = clock.setTimer(Math.max(0, at - clock.now()), () => {
      this.#timerAt = undefined
      this.handle({ type: 'time' })
    })
  }
}

async function start(bridge: BridgePort, call: BridgeCall): Promise<Outcome<unknown>> {
  switch (call.method) {
    case 'createEndpoint':
      return bridge.createEndpoint(call.request)
    case 'updateEndpoint':
      return bridge.updateEndpoint(call.request)
    case 'restartIce':
      return bridge.restartIce(call.request)
    case 'expireEndpoint':
      return bridge.expireEndpoint(call.request)
    case 'expireConference':
      return bridge.expireConference(call.request)
  }
}
