/** Participants without browsers, for tests with more people than a machine has room for tabs. */
import { BotFleet, type BotFleetOptions } from '@parley/bots'
import type { TestServer } from './test-server.ts'

export function startBots({ origin }: Pick<TestServer, 'origin'>, media: BotFleetOptions['media'] = {}): BotFleet {
  return new BotFleet({
    serviceUrl: `${origin.replace('https:', 'wss:')}/xmpp-websocket`,
    domain: 'meet.jitsi',
    mucDomain: 'muc.meet.jitsi',
    focusDomain: 'focus.meet.jitsi',
    media,
  })
}
