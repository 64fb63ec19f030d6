/** The scenarios, by name: `npm run rig -- NAME`. */
import type { NetworkCall } from './network-call.ts'
import { backWithin, noFreezeOver, type Phase, type Scenario, voicesKeep } from './scenario.ts'

const calm = (seconds = 5): Phase => ({ name: 'calm', seconds })
const after = (seconds = 8): Phase => ({ name: 'after', seconds })
const both = (conditions: NonNullable<Phase['up']>): Pick<Phase, 'up' | 'down'> => ({
  up: conditions,
  down: conditions,
})

const LOSS: Scenario = {
  name: 'loss',
  summary: '5 % of the packets get lost, both ways',
  phases: [calm(), { name: 'loss', seconds: 12, ...both({ lossRatio: 0.05 }) }, after(6)],
  bars: [noFreezeOver(2000, 'loss', 'after'), backWithin(5000, 'after'), voicesKeep(0.85, 'loss')],
}

const DISTANCE: Scenario = {
  name: 'distance',
  summary: '5 % loss and 200 ms of delay each way, as over two continents and a bad radio',
  phases: [calm(), { name: 'far', seconds: 15, ...both({ lossRatio: 0.05, delayMs: 200 }) }, after(6)],
  bars: [noFreezeOver(2000, 'far', 'after'), backWithin(5000, 'after'), voicesKeep(0.85, 'far')],
}

const ROUGH: Scenario = {
  name: 'rough',
  summary: 'bursts of loss, jitter, reordering and duplicates at once',
  phases: [
    calm(),
    {
      name: 'rough',
      seconds: 15,
      ...both({
        delayMs: 30,
        jitterMs: 40,
        lossRatio: 0.03,
        lossBurstPackets: 4,
        reorderRatio: 0.02,
        duplicateRatio: 0.02,
      }),
    },
    after(),
  ],
  bars: [noFreezeOver(2000, 'rough', 'after'), backWithin(5000, 'after'), voicesKeep(0.85, 'rough')],
}

const NARROW: Scenario = {
  name: 'narrow',
  isDetailed: true,
  summary: 'towards Ada only 1 Mbit/s fits for 20 s: the layer goes down, and up again afterwards',
  phases: [calm(8), { name: 'narrow', seconds: 20, down: { rateBps: 1_000_000, queueMs: 200 } }, after(20)],
  bars: [noFreezeOver(2000, 'narrow', 'after'), backWithin(5000, 'after'), voicesKeep(0.85, 'narrow')],
}

const STRAITS: Scenario = {
  name: 'straits',
  isDetailed: true,
  summary: '1 Mbit/s, 5 % loss and 100 ms each way, and back',
  phases: [
    calm(8),
    { name: 'straits', seconds: 20, ...both({ rateBps: 1_000_000, lossRatio: 0.05, delayMs: 100 }) },
    after(20),
  ],
  bars: [noFreezeOver(2000, 'straits', 'after'), backWithin(5000, 'after'), voicesKeep(0.85, 'straits')],
}

const UPLINK: Scenario = {
  name: 'uplink',
  isDetailed: true,
  summary: 'from Bob only 1 Mbit/s fits for 20 s: his browser sends less, and more again afterwards',
  phases: [
    calm(8),
    {
      name: 'uplink',
      seconds: 20,
      act: ({ bob }: NetworkCall) => bob.wire.impair({ rateBps: 1_000_000, queueMs: 200 }, ['up']),
    },
    { ...after(20), act: ({ bob }: NetworkCall) => bob.wire.impair({}) },
  ],
  bars: [noFreezeOver(2000, 'uplink', 'after'), backWithin(5000, 'after'), voicesKeep(0.85, 'uplink')],
}

const OUTAGE: Scenario = {
  name: 'outage',
  summary: 'nothing passes for 10 s, not even TCP; media is back 5 s later at most',
  phases: [calm(), { name: 'outage', seconds: 10, ...both({ isDown: true }) }, after(12)],
  bars: [backWithin(5000, 'after')],
}

const ROUTER: Scenario = {
  name: 'router',
  summary: "a router on the way gives Ada's media another address and other ports",
  phases: [
    calm(),
    {
      name: 'translated',
      seconds: 12,
      act: async ({ ada }: NetworkCall) => ada.wire.translate('10.213.77.77', 1234),
    },
    {
      name: 'after',
      seconds: 8,
      act: async ({ ada }: NetworkCall) => ada.wire.translate(ada.wire.address, 0),
    },
  ],
  // A browser asks its pair for a sign of life only every 2.5 s, and notices nothing before.
  bars: [backWithin(8000, 'translated'), backWithin(8000, 'after')],
}

const MOBILE: Scenario = {
  name: 'mobile',
  summary: 'the Wi-Fi vanishes with its address; a mobile network is there a second before',
  phases: [
    calm(),
    {
      name: 'mobile',
      seconds: 45,
      act: async ({ ada }: NetworkCall) => {
        const wifi = ada.wire
        ada.wire = await ada.host.addInterface(wifi.name.endsWith('wlan0') ? 'wwan0' : 'wlan0')
        await new Promise((resolve) => setTimeout(resolve, 1000))
        await wifi.remove()
      },
    },
  ],
  bars: [backWithin(10_000, 'mobile')],
}

export const SCENARIOS: readonly Scenario[] = [LOSS, DISTANCE, ROUGH, NARROW, STRAITS, UPLINK, OUTAGE, ROUTER, MOBILE]

/** @throws Error when there is no such scenario: a mistake of whoever calls */
export function scenario(name: string): Scenario {
  const found = SCENARIOS.find((candidate) => candidate.name === name)
  if (!found) throw new Error(`there is no scenario ${name}`)
  return found
}
