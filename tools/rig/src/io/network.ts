/**
 * Hosts that are network namespaces, joined by the relay:
 *
 *   server ──eth0── up│down ──┐         ┌── up│down ──wlan0── client
 *                              └─ relay ─┘
 *
 * A packet passes the `up` conditions of the interface it leaves by and the `down` conditions of the one it arrives at. The
 * namespaces have no names: they, their interfaces and every process in them end with the relay, which ends with its input,
 * so that a killed test leaves nothing behind.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Conditions, formatConditions } from '../conditions.ts'
import { RelayProcess } from './relay-process.ts'
import { relayProgram } from './relay-program.ts'

export type LinkDirection = 'up' | 'down'

/** Packets since the interface came up; bytes with IP headers. */
export interface LinkCounters {
  readonly offered: number
  readonly delivered: number
  readonly deliveredBytes: number
  readonly lost: number
  readonly queueFull: number
  readonly outage: number
  readonly duplicated: number
}

export interface NetworkCounters {
  /** For addresses that nobody has (any more). */
  readonly unroutable: number
  /** Dropped by the relay for want of room: not part of any conditions, so a test should see none. */
  readonly overflow: number
  /** By `host/interface`. */
  readonly devices: Readonly<Record<string, Readonly<Record<LinkDirection, LinkCounters>>>>
}

export class Network {
  readonly #relay: RelayProcess
  readonly #directory: string
  #hosts = 0

  private constructor(relay: RelayProcess, directory: string) {
    this.#relay = relay
    this.#directory = directory
  }

  /**
   * Ask `whyNoNetwork()` first.
   * @param seed whole number: the same gives the same losses for the same packets
   * @throws RigError `not-built`
   */
  static async open({ seed = 1 }: { readonly seed?: number } = {}): Promise<Network> {
    const relay = await RelayProcess.start(await relayProgram(), seed)
    return new Network(relay, await mkdtemp(join(tmpdir(), 'parley-rig-')))
  }

  /** A machine with loopback and nothing else. */
  async addHost(name: string): Promise<Host> {
    const descriptor = await this.#relay.ask(`namespace ${name}`)
    return new Host(this.#relay, name, ++this.#hosts, `/proc/${this.#relay.pid}/fd/${descriptor}`, this.#directory)
  }

  async counters(): Promise<NetworkCounters> {
    return JSON.parse(await this.#relay.ask('counters')) as NetworkCounters
  }

  /** Ends what still runs on the hosts. Idempotent. */
  async close(): Promise<void> {
    await this.#relay.close()
    await rm(this.#directory, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

export class Host {
  readonly name: string
  readonly #relay: RelayProcess
  readonly #number: number
  readonly #namespace: string
  readonly #directory: string
  #interfaces = 0

  /** Made by `Network.addHost`. */
  constructor(relay: RelayProcess, name: string, number: number, namespace: string, directory: string) {
    this.#relay = relay
    this.name = name
    this.#number = number
    this.#namespace = namespace
    this.#directory = directory
  }

  /** Words to put before a command line so that it runs on this host. It may not outlive the network. */
  get enter(): readonly [string, ...string[]] {
    return ['nsenter', `--net=${this.#namespace}`, '--']
  }

  /** The path of a script that runs `program` on this host with the arguments it is given. */
  async wrap(program: string): Promise<string> {
    const path = join(this.#directory, `${this.name}-${program.replaceAll('/', '-')}`)
    await writeFile(path, `#!/bin/sh\nexec ${this.enter.join(' ')} '${program}' "$@"\n`)
    await chmod(path, 0o755)
    return path
  }

  /** A new interface with an address of its own, on a perfect wire until it is impaired. */
  async addInterface(name: string): Promise<NetworkInterface> {
    const address = `10.213.${this.#number}.${++this.#interfaces}`
    await this.#relay.ask(`device ${this.name} ${name} ${address}`)
    return new NetworkInterface(this.#relay, `${this.name}/${name}`, address)
  }
}

export class NetworkInterface {
  /** `host/interface`. */
  readonly name: string
  readonly address: string
  readonly #relay: RelayProcess

  /** Made by `Host.addInterface`. */
  constructor(relay: RelayProcess, name: string, address: string) {
    this.#relay = relay
    this.name = name
    this.address = address
  }

  /** These conditions from now on, and no others. Packets under way are not touched. @throws RigError `bad-conditions` */
  async impair(conditions: Partial<Conditions>, directions: readonly LinkDirection[] = ['up', 'down']): Promise<void> {
    const words = formatConditions(conditions)
    for (const direction of directions) await this.#relay.ask(`impair ${this.name} ${direction} ${words}`)
  }

  /**
   * A router on the way gives UDP from here another address and other ports, as after its restart or a change of provider;
   * the host notices nothing, TCP stays as it is.
   */
  async translate(address: string, portOffset: number): Promise<void> {
    await this.#relay.ask(`translate ${this.name} ${address} ${portOffset}`)
  }

  /** The interface vanishes with its address, as a radio that lost its network. */
  async remove(): Promise<void> {
    await this.#relay.ask(`remove ${this.name}`)
  }
}
