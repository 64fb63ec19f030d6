/** The presence of the focus in a room. Clients treat it as the whole state: everything is said in every update. */
import { el, NS, type XmlElement } from '@parley/protocol'
import type { Core } from './core.ts'
import { feature } from './features.ts'

export const focusCapsNode = 'urn:parley:focus'
export const focusFeatures: readonly string[] = ['http://jabber.org/protocol/disco#info', feature.terminateRestart]

export class FocusPresence {
  readonly #core: Core
  readonly #ver: string
  #isBridgeAvailable = true
  #bridgeCount = 0

  constructor(core: Core) {
    this.#core = core
    this.#ver = core.settings.caps.ver(focusFeatures)
  }

  join(): void {
    this.#core.send(this.#presence(el('x', NS.muc)))
  }

  leave(): void {
    this.#core.send(el('presence', NS.client, { to: this.#core.ownJid, type: 'unavailable' }))
  }

  publish(): void {
    this.#core.send(this.#presence())
  }

  get isBridgeAvailable(): boolean {
    return this.#isBridgeAvailable
  }

  /** `bridgeNotAvailable` makes clients reload, so it is said only while it is true. */
  setBridge(isAvailable: boolean, bridgeCount: number): void {
    if (isAvailable === this.#isBridgeAvailable && bridgeCount === this.#bridgeCount) return
    this.#isBridgeAvailable = isAvailable
    this.#bridgeCount = bridgeCount
    this.publish()
  }

  #presence(join?: XmlElement): XmlElement {
    const { settings, ownJid } = this.#core
    const property = (key: string, value: string | number) => el('property', NS.focus, { key, value })
    return el(
      'presence',
      NS.client,
      { to: ownJid },
      join,
      el('c', NS.caps, { hash: 'sha-1', node: focusCapsNode, ver: this.#ver }),
      el('versions', NS.jitmeet, {}, el('component', NS.jitmeet, { name: 'focus' }, 'parley')),
      el(
        'conference-properties',
        NS.focus,
        {},
        property('created-ms', settings.createdMs),
        property('support-terminate-restart', 'true'),
        property('bridge-count', this.#bridgeCount),
      ),
      this.#isBridgeAvailable ? undefined : el('bridgeNotAvailable', NS.focus),
    )
  }
}
