import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Act, ChurnPlan } from './churn-plan.ts'
import { seededRandom } from './seeded-random.ts'

function steps(seed: number, count: number): Act[][] {
  const plan = new ChurnPlan({ rooms: 3, people: 10, random: seededRandom(seed) })
  return Array.from({ length: count }, () => plan.step())
}

test('the same seed gives the same acts, another one others', () => {
  assert.deepEqual(steps(7, 50), steps(7, 50))
  assert.notDeepEqual(steps(7, 50), steps(8, 50))
})

test('the crowd grows to its size and stays there', () => {
  const plan = new ChurnPlan({ rooms: 3, people: 10, random: seededRandom(1) })
  for (let i = 0; i < 200; i++) {
    plan.step()
    assert.ok(plan.present <= 10)
    if (i > 20) assert.ok(plan.present >= 9, `${plan.present} after ${i} steps`)
  }
})

test('nobody acts who is not there, and mutes and shares alternate', () => {
  const there = new Map<string, { isSharing: boolean; muted: Set<string> }>()
  for (const act of steps(3, 500).flat()) {
    if (act.kind === 'join') {
      assert.equal(there.has(act.name), false)
      there.set(act.name, { isSharing: false, muted: new Set() })
      continue
    }
    const person = there.get(act.name)
    assert.ok(person, `${act.name} ${act.kind}`)
    if (act.kind === 'go') {
      there.delete(act.name)
      if (act.how === 'reload') there.set(act.name, { isSharing: false, muted: new Set() })
    } else if (act.kind === 'share' || act.kind === 'unshare') {
      assert.equal(person.isSharing, act.kind === 'unshare')
      person.isSharing = act.kind === 'share'
    } else if (act.kind === 'mute') {
      assert.equal(person.muted.has(act.media), !act.isMuted)
      if (act.isMuted) person.muted.add(act.media)
      else person.muted.delete(act.media)
    }
  }
})

test('ways out that are ruled out are not taken, all others are', () => {
  const taken = (without: readonly ('silent' | 'garbage')[]): Set<string> => {
    const plan = new ChurnPlan({ rooms: 1, people: 2, random: seededRandom(5), without: new Set(without) })
    const acts = Array.from({ length: 300 }, () => plan.step()).flat()
    return new Set(acts.flatMap((act) => (act.kind === 'go' ? [act.how] : [])))
  }
  assert.deepEqual([...taken([])].sort(), ['cut', 'garbage', 'leave', 'reload', 'silent'])
  assert.deepEqual([...taken(['silent', 'garbage'])].sort(), ['cut', 'leave', 'reload'])
})
