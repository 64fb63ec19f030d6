/** Everything around the focus: the real chat service and router, a bridge in memory, time on demand. */
import { createFocus, type Focus, type FocusOptions } from '@parley/focus'
import { createXmppServer, type XmppServer } from '@parley/xmpp'
import { MemoryBridge } from './memory-bridge.ts'
import { stockFeatures, TestClient } from './test-client.ts'
import { settle, VirtualClock } from './virtual-clock.ts'

export class Stage implements AsyncDisposable {
  readonly clock = new VirtualClock()
  readonly bridge = new MemoryBridge()
  readonly xmpp: XmppServer
  readonly focus: Focus
  /** `level message` of everything at warn and above. */
  readonly complaints: string[] = []

  constructor(options: Partial<FocusOptions> = {}) {
    const focusJid = 'focus@auth.meet.example/focus'
    this.xmpp = createXmppServer({
      domain: 'meet.example',
      mucDomain: 'muc.meet.example',
      focusJid,
      clock: this.clock,
    })
    this.focus = createFocus({
      router: this.xmpp.router,
      bridge: this.bridge,
      mucDomain: 'muc.meet.example',
      focusDomain: 'focus.meet.example',
      focusJid,
      webSocketBase: 'wss://meet.example:8443',
      clock: this.clock,
      log: {
        debug: () => {},
        info: () => {},
        warn: (fields, message) => this.complaints.push(`warn ${message} ${JSON.stringify(fields)}`),
        error: (fields, message) => this.complaints.push(`error ${message} ${JSON.stringify(fields)}`),
      },
      ...options,
    })
  }

  client(nick: string, room = 'r1', features: readonly string[] | undefined = stockFeatures): TestClient {
    const options = {
      router: this.xmpp.router,
      nick,
      room: `${room}@muc.meet.example`,
      focusDomain: 'focus.meet.example',
    }
    return new TestClient({ ...options, features })
  }

  /** A client whose program never answers discovery. */
  silentClient(nick: string): TestClient {
    return new TestClient({
      router: this.xmpp.router,
      nick,
      room: 'r1@muc.meet.example',
      focusDomain: 'focus.meet.example',
    })
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.focus.close()
    await settle()
    this.xmpp.close()
  }
}
