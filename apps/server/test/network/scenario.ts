/** A scenario: phases that change the network, and what must hold of the picture in them. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Conditions } from '@parley/rig'
import type { NetworkCall } from './network-call.ts'
import { longestGapMs, meanRate, returnedAfterMs } from './picture-figures.ts'
import { PictureWatch } from './picture-watch.ts'
import type { PictureSample } from './picture-watch.ts'

export interface Phase {
  readonly name: string
  readonly seconds: number
  /** Of Ada's wire, from her and to her; absent = a perfect one. */
  readonly up?: Partial<Conditions>
  readonly down?: Partial<Conditions>
  /** What else happens as the phase begins. */
  readonly act?: (call: NetworkCall) => Promise<void>
}

export interface Scenario {
  readonly name: string
  readonly summary: string
  /** Needs a picture that takes all the bits it can get. */
  readonly isDetailed?: boolean
  /** `calm` comes first and last. */
  readonly phases: readonly Phase[]
  readonly bars: readonly Bar[]
}

export interface Bar {
  readonly what: string
  /** The measured value and whether it will do. */
  judge(run: ScenarioRun): { readonly measured: string; readonly isMet: boolean }
}

export interface PhaseSamples {
  readonly phase: Phase
  readonly samples: readonly PictureSample[]
}

export interface ScenarioRun {
  readonly phases: readonly PhaseSamples[]
}

export interface Finding {
  readonly what: string
  readonly measured: string
  readonly isMet: boolean
}

/** Plays the phases in a call that runs already, and leaves its wire perfect. `onSample` hears each second's samples at once. */
export async function play(
  scenario: Scenario,
  call: NetworkCall,
  onSecond: (phase: Phase, samples: readonly PictureSample[]) => void = () => {},
): Promise<ScenarioRun> {
  const watch = await PictureWatch.start(call.ada.person.page)
  const phases: PhaseSamples[] = []
  try {
    for (const phase of scenario.phases) {
      await phase.act?.(call)
      await call.ada.wire.impair(phase.up ?? {}, ['up'])
      await call.ada.wire.impair(phase.down ?? {}, ['down'])
      const samples: PictureSample[] = []
      const until = performance.now() + phase.seconds * 1000
      while (performance.now() < until) {
        await sleep(Math.min(1000, Math.max(0, until - performance.now())))
        const latest = await watch.take()
        samples.push(...latest)
        onSecond(phase, latest)
      }
      phases.push({ phase, samples })
    }
  } finally {
    await watch.stop()
    await call.ada.wire.impair({})
  }
  return { phases }
}

export function judge(scenario: Scenario, run: ScenarioRun): Finding[] {
  return scenario.bars.map(({ what, judge: measure }) => ({ what, ...measure(run) }))
}

/** No gap between frames over `limitMs` in these phases. */
export function noFreezeOver(limitMs: number, ...names: readonly string[]): Bar {
  return {
    what: `no freeze over ${limitMs / 1000} s`,
    judge: (run) => {
      const gapMs = longestGapMs(samplesOf(run, names))
      return { measured: `longest ${Math.round(gapMs)} ms`, isMet: gapMs <= limitMs }
    },
  }
}

/** Pictures move again, at half their first rate at least and to stay, that long after a phase began. */
export function backWithin(limitMs: number, name: string): Bar {
  return {
    what: `frames are back within ${limitMs / 1000} s`,
    judge: (run) => {
      const calmRate = meanRate(run.phases[0]?.samples ?? [])
      const afterMs = returnedAfterMs(samplesOf(run, [name]), calmRate / 2)
      return {
        measured: afterMs === undefined ? 'not at all' : `after ${Math.round(afterMs)} ms`,
        isMet: afterMs !== undefined && afterMs <= limitMs,
      }
    },
  }
}

/** In these phases voices arrive with that share of the packets per second of the first phase. */
export function voicesKeep(share: number, ...names: readonly string[]): Bar {
  return {
    what: `at least ${share * 100} % of the voice's packets`,
    judge: (run) => {
      const rate = (samples: readonly PictureSample[]): number => meanRate(samples, ({ audioPackets }) => audioPackets)
      const kept = rate(samplesOf(run, names)) / rate(run.phases[0]?.samples ?? [])
      return { measured: `${Math.round(kept * 100)} %`, isMet: kept >= share }
    },
  }
}

export function samplesOf(run: ScenarioRun, names: readonly string[]): readonly PictureSample[] {
  return run.phases.filter(({ phase }) => names.includes(phase.name)).flatMap(({ samples }) => samples)
}
