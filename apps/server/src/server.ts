/**
 * The composition root: every role of the program, in the order in which they need each other. The engine comes first, as
 * everything offered to people names its port; the edge last, so that nobody reaches a half-built server.
 */
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createBridge } from '@parley/bridge'
import type { AdvertisedAddress } from '@parley/bridge'
import type { Settings } from '@parley/config'
import { keepSelfSignedCertificate, openEdge } from '@parley/edge'
import { createFocus } from '@parley/focus'
import { createEngine } from '@parley/media-engine'
import type { EngineEvent } from '@parley/media-engine'
import { createXmppServer } from '@parley/xmpp'
import {
  advertisedAddresses,
  advertisedTcpAddresses,
  learnedAddresses,
  learnedTcpAddresses,
} from './advertised-addresses.ts'
import type { Address } from './advertised-addresses.ts'
import type { Addresses } from './announcement.ts'
import { clientConfigScript } from './client-config.ts'
import { type Inventory, takeInventory } from './inventory.ts'
import { certificateRenewal } from './io/certificate-renewal.ts'
import type { Logger } from './io/log.ts'
import { resolveStunServer } from './io/stun-names.ts'
import { MappedAddresses } from './mapped-addresses.ts'
import { colibriRoute, xmppRoute } from './socket-routes.ts'
import { Teardown } from './teardown.ts'
import { VERSION } from './version.ts'
import { VISITOR_BASE, webSocketBase } from './visitor-address.ts'

export interface RunningServer {
  readonly addresses: Addresses
  /** What is there now. */
  inventory(): Inventory
  /** Tells everybody, waits for them within `stopTimeoutMs`, and lets go of every port. Idempotent. */
  close(): Promise<void>
}

export interface ServerOptions {
  readonly settings: Settings
  readonly log: Logger
  /** Directory of the built web client. */
  readonly webRoot: string
}

/** @throws EngineError or EdgeError when a port cannot be opened; nothing stays open then */
export async function startServer({ settings, log, webRoot }: ServerOptions): Promise<RunningServer> {
  const teardown = new Teardown((error, what) => log.error({ err: error, what }, 'closing failed'))
  const { xmpp: domains, edge: ports } = settings
  try {
    let onEngineEvents: (events: readonly EngineEvent[]) => void = () => {}
    const engine = createEngine({
      port: settings.media.port,
      ...(settings.media.tcp && { tcpPort: settings.media.tcp.port }),
      ...(settings.media.threads !== undefined && { threads: settings.media.threads }),
      onEvents: (events) => onEngineEvents(events),
    })
    teardown.add('engine', () => engine.close())

    const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
    const media = advertisedAddresses(settings.media, interfaces, engine.port)
    const tcpMedia = engine.tcpPort ? advertisedTcpAddresses(settings.media, interfaces, engine.tcpPort) : []
    const overTcp = (addresses: readonly Address[]) =>
      addresses.map((address) => ({ ...address, protocol: 'tcp' as const }))
    let offered: readonly AdvertisedAddress[] = [...media, ...overTcp(tcpMedia)]
    const bridge = createBridge({
      engine,
      serverId: 'parley',
      advertisedAddresses: offered,
      version: VERSION,
      log: log.child({ component: 'bridge' }),
    })
    const mapped = new MappedAddresses({
      servers: settings.media.stunServers,
      engine,
      resolve: resolveStunServer,
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs).unref()
        return () => clearTimeout(timer)
      },
      onChange: (addresses) => {
        const learned = learnedAddresses(addresses, media, interfaces, engine.port)
        const tcp = settings.media.tcp?.mappedPort ?? engine.tcpPort
        const learnedTcp = tcp ? learnedTcpAddresses(addresses, media, { udp: engine.port, tcp }) : []
        offered = [...media, ...learned, ...overTcp([...tcpMedia, ...learnedTcp])]
        bridge.setAdvertisedAddresses(offered)
        log.info({ component: 'bridge', addresses }, 'public address learned from STUN')
      },
      onSilence: (servers) => {
        log.warn({ component: 'bridge', servers }, 'no STUN server answers: the public address is not offered')
      },
    })
    teardown.add('STUN', () => mapped.close())
    onEngineEvents = (events) => {
      bridge.onEngineEvents(events)
      mapped.onEngineEvents(events)
    }

    const focusJid = `focus@${domains.authDomain}/focus`
    const xmpp = createXmppServer({
      domain: domains.domain,
      mucDomain: domains.mucDomain,
      focusJid,
      log: log.child({ component: 'xmpp' }),
    })

    const focus = createFocus({
      router: xmpp.router,
      bridge: bridge.port,
      focusDomain: `focus.${domains.domain}`,
      mucDomain: domains.mucDomain,
      focusJid,
      webSocketBase: ports.publicUrl ? webSocketBase(ports.publicUrl) : VISITOR_BASE,
      log: log.child({ component: 'focus' }),
    })

    const tlsDirectory = join(settings.dataDirectory, 'tls')
    const certificate = ports.httpsPort === undefined ? undefined : await keepSelfSignedCertificate(tlsDirectory)
    const edge = await openEdge({
      httpPort: ports.httpPort,
      ...(certificate && ports.httpsPort !== undefined && { https: { port: ports.httpsPort, certificate } }),
      redirectsToHttps: ports.redirectsToHttps,
      bindAddress: ports.bindAddress,
      webRoot,
      generated: {
        '/config.js': ({ origin }) => ({
          contentType: 'text/javascript; charset=utf-8',
          body: clientConfigScript(domains, ports.publicUrl ?? origin),
        }),
      },
      routes: [xmppRoute(xmpp), colibriRoute(bridge)],
      onError: (error, path) => log.error({ err: error, path, component: 'edge' }, 'request failed'),
    })
    // Streams end before sockets, so that clients read why; the bridge goes when nobody is left to hear.
    teardown.add('edge', () => edge.close(settings.stopTimeoutMs), settings.stopTimeoutMs + 3000)
    teardown.add('bridge', () => bridge.close())
    teardown.add('focus', () => focus.close())
    teardown.add('xmpp', () => xmpp.close())
    if (certificate) teardown.add('certificate renewal', certificateRenewal(tlsDirectory, edge, log))
    teardown.add('admission', () => edge.drain())

    return {
      addresses: {
        httpPort: edge.httpPort,
        httpsPort: edge.httpsPort,
        mediaPort: engine.port,
        mediaTcpPort: engine.tcpPort,
        publicUrl: ports.publicUrl,
        hosts: interfaces
          .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
          .map(({ address }) => address),
        media,
        get offered() {
          return offered
        },
        redirectsToHttps: ports.redirectsToHttps,
        selfSignedFingerprint: certificate?.sha256Fingerprint,
      },
      inventory: () => takeInventory({ xmpp, focus, bridge, engine }),
      close: () => teardown.run(),
    }
  } catch (error) {
    await teardown.run()
    throw error
  }
}
