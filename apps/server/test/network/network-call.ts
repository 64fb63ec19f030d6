/**
 * Two people in a call, each a real Chromium on a host of its own, and the server on a third. Bob's wire is good; Ada's is what
 * a scenario makes of it, and Ada's picture of Bob is what is watched.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Network } from '@parley/rig'
import type { Host, NetworkInterface } from '@parley/rig'
import { chromiumPath, launchChromium } from '../support/chromium.ts'
import type { TestBrowser } from '../support/chromium.ts'
import { Participant } from '../support/participant.ts'
import { assertReceives } from '../support/received-media.ts'
import { ServerProcess } from '../support/server-process.ts'
import { writeDetailedPicture } from './detailed-picture.ts'

export interface Caller {
  readonly host: Host
  /** The current one: a scenario that changes it says so here. */
  wire: NetworkInterface
  readonly person: Participant
}

export interface NetworkCall {
  readonly network: Network
  readonly ada: Caller
  readonly bob: Caller
  close(): Promise<void>
}

export interface NetworkCallOptions {
  /** Of the relay's chances. */
  readonly seed?: number
  /** Bob's camera gives a picture that takes all the bits it can get. */
  readonly isDetailed?: boolean
}

/** Resolves once both see and hear each other. */
export async function openNetworkCall({ seed = 1, isDetailed = false }: NetworkCallOptions = {}): Promise<NetworkCall> {
  const stack: (() => Promise<unknown>)[] = []
  const close = async (): Promise<void> => {
    // Each even when one before failed: the network ends whatever is left on its hosts.
    const failures: unknown[] = []
    for (let end = stack.pop(); end; end = stack.pop()) await end().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw new AggregateError(failures, 'the call was not closed cleanly')
  }
  try {
    const network = await Network.open({ seed })
    stack.push(() => network.close())
    const place = await network.addHost('server')
    const { address } = await place.addInterface('eth0')
    const dataDirectory = await mkdtemp(join(tmpdir(), 'parley-network-'))
    stack.push(() => rm(dataDirectory, { recursive: true, force: true }))
    const [enter, ...words] = place.enter
    const command = [...words, process.execPath, '-C', 'source', '--import', 'tsx', 'apps/server/src/main.ts', 'start']
    const server = new ServerProcess(enter, command, {
      PARLEY_DATA_DIR: dataDirectory,
      PARLEY_BIND_ADDRESS: '0.0.0.0',
      HTTPS_PORT: String(HTTPS_PORT),
      JVB_PORT: '10000',
      JVB_ADVERTISE_IPS: address,
      JVB_ADVERTISE_PRIVATE_CANDIDATES: '0',
      LOG_LEVEL: process.env.PARLEY_TEST_LOG_LEVEL ?? 'warn',
    })
    let hasEnded = false
    void server.ended.then(() => {
      hasEnded = true
    })
    stack.push(async () => {
      if (!hasEnded) server.signal('SIGTERM')
      const timer = setTimeout(() => server.kill(), 5000)
      const { stderr } = await server.ended
      clearTimeout(timer)
      if (process.env.PARLEY_TEST_LOG_LEVEL !== undefined) process.stderr.write(stderr)
    })
    await server.ready()

    const sit = async (name: string, args: readonly string[] = []): Promise<Caller> => {
      const host = await network.addHost(name.toLowerCase())
      const wire = await host.addInterface('wlan0')
      const browser: TestBrowser = await launchChromium(args, await host.wrap(chromiumPath()))
      stack.push(() => browser.close())
      const person = await Participant.join(browser, {
        origin: `https://${address}:${HTTPS_PORT}`,
        room: 'wired',
        name,
      })
      return { host, wire, person }
    }
    const picture = join(dataDirectory, 'picture.y4m')
    if (isDetailed) await writeDetailedPicture(picture)
    const bob = await sit('Bob', isDetailed ? [`--use-file-for-fake-video-capture=${picture}`] : [])
    const ada = await sit('Ada')
    await Promise.all([
      assertReceives(ada.person.page, { pictures: 1, voices: 1 }),
      assertReceives(bob.person.page, { pictures: 1, voices: 1 }),
    ])
    return { network, ada, bob, close }
  } catch (error) {
    // Why it does not work is of more interest than what then cannot be closed.
    await close().catch(() => {})
    throw error
  }
}

const HTTPS_PORT = 8443
