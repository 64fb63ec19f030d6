/** A person in our own web client: what he sees and what he can click, by the hooks that the page keeps for tests. */
import type { Locator, Page } from 'playwright-core'
import type { TestBrowser } from './chromium.ts'
import { eventually } from './eventually.ts'

export interface Tile {
  readonly participantId: string
  readonly text: string
  readonly isAudioMuted: boolean
  readonly isVideoMuted: boolean
  readonly isActiveSpeaker: boolean
  readonly videoType: string | undefined
}

/** Runs in the page before `config.js`, whose `var config` then ends in the setter. */
function overrideConfig(override: Readonly<Record<string, unknown>>): void {
  let config: object = override
  Object.defineProperty(globalThis, 'config', {
    get: () => config,
    set: (given: object) => {
      config = { ...given, ...override }
    },
  })
}

/** Runs in the page before its scripts. */
function limitCodecs(mimeTypes: readonly string[]): void {
  interface Capabilities {
    readonly codecs: readonly { readonly mimeType: string }[]
  }
  const { RTCRtpReceiver: receiver } = globalThis as unknown as {
    RTCRtpReceiver: { getCapabilities(kind: string): Capabilities }
  }
  const all = receiver.getCapabilities.bind(receiver)
  receiver.getCapabilities = (kind) => {
    const capabilities = all(kind)
    if (kind !== 'video') return capabilities
    return { ...capabilities, codecs: capabilities.codecs.filter(({ mimeType }) => mimeTypes.includes(mimeType)) }
  }
}

export class Participant {
  readonly page: Page
  readonly name: string
  /** Errors of the page's scripts and console. */
  readonly problems: readonly string[]

  private constructor(page: Page, name: string, problems: readonly string[]) {
    this.page = page
    this.name = name
    this.problems = problems
  }

  /** Straight into the call, past the pre-join page. */
  static async join(
    browser: TestBrowser,
    options: {
      readonly origin: string
      readonly room: string
      readonly name: string
      /** Wins over what the server's `config.js` says. */
      readonly config?: Readonly<Record<string, unknown>>
      /** The browser says that it can receive these video codecs and no others, `video/VP8`. */
      readonly onlyCodecs?: readonly string[]
    },
  ): Promise<Participant> {
    const problems: string[] = []
    const page = await browser.open((text) => problems.push(text))
    if (options.config) await page.addInitScript(overrideConfig, options.config)
    if (options.onlyCodecs) await page.addInitScript(limitCodecs, options.onlyCodecs)
    await page.goto(`${options.origin}/${options.room}?name=${encodeURIComponent(options.name)}&autojoin=1`)
    const participant = new Participant(page, options.name, problems)
    await participant.hook('leave').waitFor()
    return participant
  }

  hook(name: string): Locator {
    return this.page.getByTestId(name)
  }

  tiles(): Promise<Tile[]> {
    return this.hook('tile').evaluateAll((elements) =>
      elements.map((element) => {
        const { dataset, innerText } = element as unknown as {
          dataset: Readonly<Record<string, string | undefined>>
          innerText: string
        }
        return {
          participantId: dataset.participantId ?? '',
          text: innerText,
          isAudioMuted: dataset.audioMuted === 'true',
          isVideoMuted: dataset.videoMuted === 'true',
          isActiveSpeaker: dataset.activeSpeaker === 'true',
          videoType: dataset.videoType,
        }
      }),
    )
  }

  /** Waits until the tiles are as wanted. */
  seesTiles(what: string, isRight: (tiles: readonly Tile[]) => boolean, withinMs?: number): Promise<readonly Tile[]> {
    return eventually(`${this.name} sees ${what}`, () => this.tiles(), isRight, withinMs)
  }

  /** Waits until exactly these people, and no others, have a tile. */
  seesPeople(names: readonly string[], withinMs?: number): Promise<readonly Tile[]> {
    const isRight = (tiles: readonly Tile[]): boolean => {
      const ids = new Set(tiles.map(({ participantId }) => participantId))
      return ids.size === names.length && names.every((name) => tiles.some(({ text }) => text.includes(name)))
    }
    return this.seesTiles(`exactly ${names.join(', ')}`, isRight, withinMs)
  }

  async say(text: string): Promise<void> {
    await this.openChat()
    await this.hook('chat-input').fill(text)
    await this.hook('chat-send').click()
  }

  async hears(text: string, withinMs?: number): Promise<void> {
    await this.openChat()
    const lines = (): Promise<string[]> => this.hook('chat-message').allInnerTexts()
    const isThere = (all: readonly string[]): boolean => all.some((line) => line.includes(text))
    await eventually(`${this.name} reads ${JSON.stringify(text)}`, lines, isThere, withinMs)
  }

  async toggle(what: 'mic' | 'camera' | 'share'): Promise<void> {
    await this.hook(`toggle-${what}`).click()
  }

  async leave(): Promise<void> {
    await this.hook('leave').click()
  }

  /** The tab dies without a word, as when the machine kills it. */
  async crash(): Promise<void> {
    // The navigation never ends: the renderer is gone.
    await this.page.goto('chrome://crash', { timeout: 2000 }).catch(() => {})
  }

  private async openChat(): Promise<void> {
    if (!(await this.hook('chat-input').isVisible())) await this.hook('toggle-chat').click()
    await this.hook('chat-input').waitFor()
  }
}
