/**
 * What STUN servers say about the media port: the addresses under which a NAT shows it to the outside. They are asked at the
 * start and every few minutes, as such addresses change. Nobody waits for them.
 */
import type { EngineEvent, MediaEngine } from '@parley/media-engine'

export interface StunServer {
  readonly host: string
  readonly port: number
}

export interface MappedAddress {
  readonly ip: string
  readonly port: number
}

export interface MappedAddressesOptions {
  readonly servers: readonly StunServer[]
  readonly engine: Pick<MediaEngine, 'askStunServer'>
  /** IP addresses of a host name, at most one of each family. @throws when there are none */
  readonly resolve: (host: string) => Promise<readonly string[]>
  /** The list has changed. */
  readonly onChange: (addresses: readonly MappedAddress[]) => void
  /** No server answered in a whole round, for the first time since the start or since one did. */
  readonly onSilence: (servers: readonly string[]) => void
  /** Run once after a delay; returns the way to cancel. */
  readonly after: (delayMs: number, run: () => void) => () => void
}

export class MappedAddresses {
  readonly #options: MappedAddressesOptions
  /** Last answer of each server address. */
  readonly #answers = new Map<string, MappedAddress>()
  /** Server addresses that are being asked. */
  readonly #asked = new Set<string>()
  /** Those of this round, whether they have answered or not. */
  #inRound: ReadonlySet<string> = new Set()
  #current: readonly MappedAddress[] = []
  #answeredInRound = false
  #isSilenceTold = false
  #isClosed = false
  #cancel: (() => void) | undefined

  constructor(options: MappedAddressesOptions) {
    this.#options = options
    if (options.servers.length > 0) void this.#ask()
  }

  onEngineEvents(events: readonly EngineEvent[]): void {
    for (const event of events) if (event.type === 'mapped-address') this.#onAnswer(event.server, event.address)
  }

  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  async #ask(): Promise<void> {
    this.#answeredInRound = false
    const found = await Promise.all(this.#options.servers.map((server) => this.#addressesOf(server)))
    if (this.#isClosed) return
    const servers = found.flat()
    this.#inRound = new Set(servers.map(format))
    for (const server of servers) {
      try {
        this.#options.engine.askStunServer(server)
        this.#asked.add(format(server))
      } catch {
        // The engine has too much to do for this; the next round asks again.
      }
    }
    if (this.#asked.size === 0) this.#endRound()
    this.#cancel = this.#options.after(roundMs, () => void this.#ask())
  }

  async #addressesOf({ host, port }: StunServer): Promise<MappedAddress[]> {
    try {
      return (await this.#options.resolve(host)).map((ip) => ({ ip, port }))
    } catch {
      // A name without an address is a server that does not answer.
      return []
    }
  }

  #onAnswer(server: string, text: string | undefined): void {
    if (!this.#asked.delete(server)) return
    const address = text === undefined ? undefined : parse(text)
    if (address) {
      this.#answeredInRound = true
      this.#isSilenceTold = false
      this.#answers.set(server, address)
      this.#tellChange()
    }
    if (this.#asked.size === 0) this.#endRound()
  }

  /**
   * What was learned stays: a server that is away says nothing about the address. But names of servers lead to other addresses
   * from time to time; what one said that is asked no more ends when another one has answered.
   */
  #endRound(): void {
    if (this.#answeredInRound) {
      for (const server of this.#answers.keys()) if (!this.#inRound.has(server)) this.#answers.delete(server)
      this.#tellChange()
    }
    if (this.#answeredInRound || this.#isSilenceTold) return
    this.#isSilenceTold = true
    this.#options.onSilence(this.#options.servers.map(({ host, port }) => `${host}:${port}`))
  }

  #tellChange(): void {
    const unique = new Map([...this.#answers.values()].map((address) => [format(address), address]))
    const next = [...unique.values()].slice(0, maxAddresses)
    if (next.map(format).join() === this.#current.map(format).join()) return
    this.#current = next
    this.#options.onChange(next)
  }
}

function format({ ip, port }: MappedAddress): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

/** `ip:port` or `[ip]:port`, as the engine writes them. */
function parse(text: string): MappedAddress | undefined {
  const match = /^\[?([0-9a-f.:]+?)\]?:(\d+)$/.exec(text)
  return match?.[1] ? { ip: match[1], port: Number(match[2]) } : undefined
}

/** NATs forget a mapping that rests for two to five minutes, and give another port then (RFC 4787 §4.3). */
const roundMs = 110_000
/** A NAT that shows each server another port helps nobody, and must not fill the list of candidates. */
const maxAddresses = 4
