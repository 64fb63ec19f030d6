/**
 * The people of a churn plan as bots. One step's acts run side by side; each has a deadline, and what it throws is counted by
 * what it was, because on a good server none of it fails.
 */
import { type Act, ChurnPlan, type ChurnPlanOptions, type WayOut } from '../churn-plan.ts'

/** What a person of a crowd can do; a bot can. */
export interface CrowdMember {
  readonly conference: {
    readonly hasEnded: boolean
    setMuted(media: 'audio' | 'video', isMuted: boolean): Promise<void>
    stopScreenShare(): Promise<void>
    sendChat(text: string): string
  }
  shareScreen(): Promise<void>
  sendRaw(on: 'stream' | 'channel', text: string): void
  leave(): Promise<void>
  die(how: 'cut' | 'silent'): void
}

export interface CrowdFleet {
  join(options: { readonly room: string; readonly name: string }): Promise<CrowdMember>
}

export interface ChurnCrowdOptions extends ChurnPlanOptions {
  /** Stays the caller's. */
  readonly fleet: CrowdFleet
}

export class ChurnCrowd {
  readonly #options: ChurnCrowdOptions
  readonly #plan: ChurnPlan
  readonly #bots = new Map<string, CrowdMember>()
  readonly #rooms = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  readonly #failures = new Map<string, number>()
  readonly #running = new Set<Promise<void>>()

  constructor(options: ChurnCrowdOptions) {
    this.#options = options
    this.#plan = new ChurnPlan(options)
  }

  /** People inside now. */
  get present(): number {
    return this.#bots.size
  }

  /** How often each kind of act was begun. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  /** What went wrong, and how often. */
  get failures(): ReadonlyMap<string, number> {
    return this.#failures
  }

  /** Begins the plan's next step; it may still run when the following one begins. */
  step(): void {
    // A server that answers late makes people wait, not a crowd of any size.
    if (this.#running.size >= MAX_RUNNING) return this.#count(this.#failures, 'step skipped: too many acts unfinished')
    for (const act of this.#plan.step()) {
      this.#count(this.#counts, act.kind === 'go' ? act.how : act.kind)
      const run = this.#perform(act)
        .catch((error: unknown) => {
          this.#count(this.#failures, `${act.kind}: ${String(error)}`)
          if (act.kind === 'join') this.#plan.forget(act.name)
        })
        .finally(() => this.#running.delete(run))
      this.#running.add(run)
    }
  }

  /** Everybody leaves; resolves when all acts are through. */
  async disperse(): Promise<void> {
    await Promise.all(this.#running)
    const left = [...this.#bots]
    this.#bots.clear()
    for (const [name] of left) this.#plan.forget(name)
    await Promise.all(left.map(([, bot]) => bot.leave()))
  }

  async #perform(act: Act): Promise<void> {
    if (act.kind === 'join') return this.#join(act.room, act.name)
    // Still on its way in: the act is for nothing, as a click on a page that loads.
    const bot = this.#bots.get(act.name)
    if (act.kind === 'go') return this.#go(act.name, act.how, bot)
    if (!bot || bot.conference.hasEnded) return
    switch (act.kind) {
      case 'mute':
        return bot.conference.setMuted(act.media, act.isMuted)
      case 'share':
        return bot.shareScreen()
      case 'unshare':
        return bot.conference.stopScreenShare()
      case 'chat':
        return void bot.conference.sendChat(`${act.name} was here`)
      case 'channel-garbage':
        return bot.sendRaw('channel', '{"colibriClass":"ReceiverVideoConstraints","lastN":"many"')
    }
  }

  async #join(room: string, name: string): Promise<void> {
    this.#rooms.set(name, room)
    const bot = await withDeadline(this.#options.fleet.join({ room, name }))
    // Gone again before it was in.
    if (this.#rooms.get(name) === room) this.#bots.set(name, bot)
    else await bot.leave()
  }

  async #go(name: string, how: WayOut, bot: CrowdMember | undefined): Promise<void> {
    const room = this.#rooms.get(name)
    this.#bots.delete(name)
    this.#rooms.delete(name)
    if (how === 'leave') await bot?.leave()
    else if (how === 'garbage') {
      bot?.sendRaw('stream', '<message><body>&nosuch;</message>')
      bot?.die('cut')
    } else bot?.die(how === 'silent' ? 'silent' : 'cut')
    if (how === 'reload' && room !== undefined) await this.#join(room, name)
  }

  #count(counts: Map<string, number>, what: string): void {
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
}

/** A join that the server does not answer, far beyond the client library's own deadlines. */
async function withDeadline<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${ACT_TIMEOUT_MS / 1000} s`)), ACT_TIMEOUT_MS)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

const ACT_TIMEOUT_MS = 30_000
const MAX_RUNNING = 60
