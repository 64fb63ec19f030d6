/** What one direction of a wire does to packets, and how the relay is told. The model itself is `native/link.h`. */
import { RigError } from './errors.ts'

export interface Conditions {
  /** Each packet takes that long, ms. */
  readonly delayMs: number
  /** Evenly distributed on top of the delay, without overtaking, ms. */
  readonly jitterMs: number
  /** Share of packets lost, 0 to 1. */
  readonly lossRatio: number
  /** Mean length of a run of losses (Gilbert's model); 1 = every packet by itself. */
  readonly lossBurstPackets: number
  /** Bits per second, IP headers included; 0 = unlimited. */
  readonly rateBps: number
  /** A packet that would wait longer for its turn is dropped, ms. Only with a rate. */
  readonly queueMs: number
  /** Share of packets that come `reorderByMs` after their time. */
  readonly reorderRatio: number
  readonly reorderByMs: number
  /** Share of packets that come twice. */
  readonly duplicateRatio: number
  /** Nothing passes, TCP neither. */
  readonly isDown: boolean
  /** `udp` spares the signalling. */
  readonly appliesTo: 'udp' | 'everything'
}

/** A perfect wire. */
export const CLEAR: Conditions = {
  delayMs: 0,
  jitterMs: 0,
  lossRatio: 0,
  lossBurstPackets: 1,
  rateBps: 0,
  queueMs: 200,
  reorderRatio: 0,
  reorderByMs: 20,
  duplicateRatio: 0,
  isDown: false,
  appliesTo: 'udp',
}

/**
 * The relay's words for conditions that are not a perfect wire's.
 * @throws RigError `bad-conditions` that names every value out of range
 */
export function formatConditions(conditions: Partial<Conditions>): string {
  const all = { ...CLEAR, ...conditions }
  const mistakes = RATIOS.filter((name) => !(all[name] >= 0 && all[name] <= 1)).map(
    (name) => `${name} is a share from 0 to 1, not ${all[name]}`,
  )
  for (const name of [...DURATIONS, ...AMOUNTS]) {
    if (!(all[name] >= 0 && all[name] <= 1e9)) mistakes.push(`${name} is a number from 0 to 1e9, not ${all[name]}`)
  }
  if (mistakes.length > 0) throw new RigError('bad-conditions', mistakes.join('; '))
  const words = [
    ...DURATIONS.map((name) => `${name.slice(0, -2)}Us=${Math.round(all[name] * 1000)}`),
    ...[...RATIOS, ...AMOUNTS].map((name) => `${name}=${all[name]}`),
    `isDown=${Number(all.isDown)}`,
    `appliesToAll=${Number(all.appliesTo === 'everything')}`,
  ]
  return words.join(' ')
}

const RATIOS = ['lossRatio', 'reorderRatio', 'duplicateRatio'] as const
const DURATIONS = ['delayMs', 'jitterMs', 'queueMs', 'reorderByMs'] as const
const AMOUNTS = ['lossBurstPackets', 'rateBps'] as const
