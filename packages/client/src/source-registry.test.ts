import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceState } from '@parley/protocol'
import { SourceRegistry } from './source-registry.ts'

function registry() {
  const states = new Map<string, SourceState>()
  const log: string[] = []
  const sources = new SourceRegistry({
    stateOf: (_, name) => states.get(name),
    createMediaStream: (tracks) => ({ tracks }) as unknown as MediaStream,
    events: {
      onAdded: ({ id }) => log.push(`+${id}`),
      onUpdated: ({ id }) => log.push(`~${id}`),
      onRemoved: ({ id }) => log.push(`-${id}`),
    },
  })
  return { states, log, sources }
}

const track = (id: string) => ({ id }) as MediaStreamTrack
const camera = { name: 'ada-v0', ownerId: 'ada', isLocal: false, kind: 'video' as const, track: track('t1') }
const screen = { name: 'ada-v1', ownerId: 'ada', isLocal: false, kind: 'video' as const, track: track('t2') }

test('a source is muted until its owner says otherwise', () => {
  const { states, log, sources } = registry()
  sources.set(camera)
  assert.equal(sources.sources.get('ada-v0')?.muted, true)
  states.set('ada-v0', { muted: false, videoType: 'camera' })
  sources.refreshOwner('ada')
  sources.refreshOwner('ada')
  assert.equal(sources.sources.get('ada-v0')?.muted, false)
  assert.deepEqual(log, ['+ada-v0', '~ada-v0'])
})

test('a screen exists exactly while it is shown', () => {
  const { states, log, sources } = registry()
  sources.set(screen)
  assert.deepEqual(log, [])
  states.set('ada-v1', { muted: false, videoType: 'desktop' })
  sources.refreshOwner('ada')
  assert.equal(sources.sources.get('ada-v1')?.videoType, 'desktop')
  states.delete('ada-v1')
  sources.refreshOwner('ada')
  assert.deepEqual(log, ['+ada-v1', '-ada-v1'])
})

test('another track is another source for others, the same source for us', () => {
  const { log, sources } = registry()
  sources.set(camera)
  const { stream } = sources.sources.get('ada-v0') ?? {}
  sources.set(camera)
  assert.equal(sources.sources.get('ada-v0')?.stream, stream)
  sources.set({ ...camera, track: track('t9') })
  assert.deepEqual(log.splice(0), ['+ada-v0', '-ada-v0', '+ada-v0'])
  sources.set({ ...camera, name: 'me-v0', ownerId: 'me', isLocal: true })
  sources.set({ ...camera, name: 'me-v0', ownerId: 'me', isLocal: true, track: track('t10') })
  assert.deepEqual(log, ['+me-v0', '~me-v0'])
})

test('what the bridge forwards concerns video of others only', () => {
  const { sources } = registry()
  sources.set(camera)
  sources.set({ ...camera, name: 'ada-a0', kind: 'audio' })
  sources.set({ ...camera, name: 'me-v0', ownerId: 'me', isLocal: true })
  sources.setForwarded([])
  const forwarded = [...sources.sources.values()].map(({ id, isForwarded }) => `${id} ${isForwarded}`)
  assert.deepEqual(forwarded, ['ada-v0 false', 'ada-a0 true', 'me-v0 true'])
  sources.setForwarded(undefined)
  assert.equal(sources.sources.get('ada-v0')?.isForwarded, true)
})

test('every change makes a new map, no change makes none', () => {
  const { sources } = registry()
  sources.set(camera)
  const before = sources.sources
  sources.refreshOwner('ada')
  assert.equal(sources.sources, before)
  sources.removeRemote()
  assert.notEqual(sources.sources, before)
  assert.equal(before.size, 1)
})
