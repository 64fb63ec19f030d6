/**
 * Who does what next in a crowd that comes and goes. Decides only: the same seed and the same outcomes give the same acts.
 * Each step lets one person in and, once the crowd is as large as it is meant to be, one go; others act meanwhile.
 */

/** `garbage` ends the stream of who sends it; a `reload` is back in the same step under the same name. */
export type WayOut = 'leave' | 'cut' | 'silent' | 'reload' | 'garbage'

export type Act =
  | { readonly kind: 'join'; readonly room: string; readonly name: string }
  | { readonly kind: 'go'; readonly name: string; readonly how: WayOut }
  | { readonly kind: 'mute'; readonly name: string; readonly media: 'audio' | 'video'; readonly isMuted: boolean }
  | { readonly kind: 'share' | 'unshare' | 'chat' | 'channel-garbage'; readonly name: string }

export interface ChurnPlanOptions {
  readonly rooms: number
  readonly people: number
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Ways out that are not taken for now. */
  readonly without?: ReadonlySet<WayOut>
}

interface Person {
  readonly room: string
  isSharing: boolean
  readonly muted: Set<'audio' | 'video'>
}

export class ChurnPlan {
  readonly #options: ChurnPlanOptions
  readonly #people = new Map<string, Person>()
  #joined = 0

  constructor(options: ChurnPlanOptions) {
    this.#options = options
  }

  get present(): number {
    return this.#people.size
  }

  /** Names of who is there. */
  names(): string[] {
    return [...this.#people.keys()]
  }

  /** The next step's acts, in order. */
  step(): Act[] {
    const acts: Act[] = []
    if (this.#people.size >= this.#options.people) {
      const name = this.#pick()
      if (name !== undefined) acts.push(this.#go(name))
    }
    // Who reloads is a coming and a going in one.
    if (this.#people.size < this.#options.people) acts.push(this.#join())
    for (const choose of this.#choices()) {
      const name = this.#pick()
      if (name !== undefined) acts.push(choose(name))
    }
    return acts
  }

  /** Somebody is gone, or never came in. */
  forget(name: string): void {
    this.#people.delete(name)
  }

  #join(): Act {
    const { rooms, random } = this.#options
    const room = `churn-${Math.floor(random() * rooms)}`
    const name = `person ${++this.#joined}`
    this.#people.set(name, { room, isSharing: false, muted: new Set() })
    return { kind: 'join', room, name }
  }

  #go(name: string): Act {
    const { random, without } = this.#options
    const ways = WAYS_OUT.filter(([how]) => !without?.has(how))
    let chance = random() * ways.reduce((sum, [, weight]) => sum + weight, 0)
    const [how] = ways.find(([, weight]) => (chance -= weight) < 0) ?? ['leave']
    const person = this.#people.get(name)
    this.#people.delete(name)
    // Who reloads comes back fresh: nothing muted, nothing shared.
    if (how === 'reload' && person) this.#people.set(name, { room: person.room, isSharing: false, muted: new Set() })
    return { kind: 'go', name, how }
  }

  /** Of each kind of act, whether it is this step's. */
  #choices(): ((name: string) => Act)[] {
    const { random } = this.#options
    return ACTS.flatMap(([chance, act]) => (random() < chance ? [(name: string) => act(name, this.#person(name))] : []))
  }

  #person(name: string): Person {
    const person = this.#people.get(name)
    if (!person) throw new Error(`${name} is not there`)
    return person
  }

  #pick(): string | undefined {
    const names = this.names()
    return names[Math.floor(this.#options.random() * names.length)]
  }
}

function toggleMute(media: 'audio' | 'video', name: string, { muted }: Person): Act {
  const isMuted = !muted.has(media)
  if (isMuted) muted.add(media)
  else muted.delete(media)
  return { kind: 'mute', name, media, isMuted }
}

function toggleShare(name: string, person: Person): Act {
  person.isSharing = !person.isSharing
  return { kind: person.isSharing ? 'share' : 'unshare', name }
}

const WAYS_OUT: readonly (readonly [WayOut, number])[] = [
  ['leave', 4],
  ['cut', 2],
  ['reload', 2],
  ['silent', 1],
  ['garbage', 1],
]

const ACTS: readonly (readonly [number, (name: string, person: Person) => Act])[] = [
  [0.4, (name, person) => toggleMute('audio', name, person)],
  [0.4, (name, person) => toggleMute('video', name, person)],
  [0.3, toggleShare],
  [0.5, (name) => ({ kind: 'chat', name })],
  [0.2, (name) => ({ kind: 'channel-garbage', name })],
]
