import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Meeting, cameraAndMicrophone, value } from './meeting.ts'
import type { Participant } from './meeting.ts'

/** Whatever people do, in whatever order, the engine is never asked for the impossible and forgets nobody who stays. */
const names = ['a', 'b', 'c', 'd'] as const
const step = fc.record({
  who: fc.constantFrom(...names),
  what: fc.constantFrom(
    'join',
    'join',
    'leave',
    'sources',
    'sources',
    'noSources',
    'mute',
    'unmute',
    'forceMute',
    'open',
  ),
  constraints: fc.record({
    lastN: fc.integer({ min: -1, max: 3 }),
    maxHeight: fc.constantFrom(-1, 0, 180, 360, 720),
    onStage: fc.constantFrom(...names),
  }),
  waitMs: fc.integer({ min: 0, max: 40 }),
})

test('random meetings keep bridge and engine in step', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const meeting = new Meeting()
      const present = new Map<string, Participant>()
      for (const { who, what, constraints, waitMs } of steps) {
        const participant = present.get(who)
        if (what === 'join') present.set(who, await meeting.join(who))
        else if (participant) await act(participant, what)
        if (what === 'leave') present.delete(who)
        present.get(who)?.say({
          colibriClass: 'ReceiverVideoConstraints',
          lastN: constraints.lastN,
          onStageSources: [`${constraints.onStage}-v0`],
          defaultConstraints: { maxHeight: constraints.maxHeight },
        })
        meeting.timers.advance(waitMs)
      }
      meeting.settle()
      assert.deepEqual(
        meeting.logged.filter((line) => line.level === 'error'),
        [],
      )
      assert.equal(meeting.engine.transports.size, present.size)
      for (const receiver of present.values()) assertHearsOthers(meeting, receiver)
      await meeting.bridge.close()
      assert.equal(meeting.engine.rooms.size + meeting.engine.sources.size + meeting.timers.pending, 0)
    }),
    { numRuns: 150 },
  )
})

async function act(participant: Participant, what: string): Promise<void> {
  const { id } = participant
  const video = (videoType: 'camera' | 'none') =>
    participant.say({ colibriClass: 'SourceVideoTypeMessage', sourceName: `${id}-v0`, videoType })
  if (what === 'leave') await participant.leave()
  if (what === 'sources') await participant.update({ sources: cameraAndMicrophone(id, ssrcOf(id)) })
  if (what === 'noSources') await participant.update({ sources: { audio: [], video: [], groups: [] } })
  if (what === 'mute') video('none')
  if (what === 'unmute') video('camera')
  if (what === 'forceMute') value(await participant.tryUpdate({ forceMute: { audio: true, video: true } }))
  if (what === 'open') participant.open()
}

/** Every other microphone exactly once, nothing of its own. */
function assertHearsOthers(meeting: Meeting, receiver: Participant): void {
  const { engine } = meeting
  const audio = [...engine.sources.values()].filter((s) => s.options.kind === 'audio')
  const others = audio.filter((s) => s.options.transport !== receiver.transport)
  const forwarded = engine.transports
    .get(receiver.transport)
    ?.forwarding.map(({ source }) => engine.sources.get(source))
  const heard = forwarded?.filter((source) => source?.options.kind === 'audio') ?? []
  assert.deepEqual(new Set(heard), new Set(others))
  assert.equal(heard.length, others.length)
  assert.ok(forwarded?.every((source) => source?.options.transport !== receiver.transport))
  const shown = receiver.take('ForwardedSources').at(-1)?.forwardedSources.length
  if (shown !== undefined) assert.equal((forwarded?.length ?? 0) - heard.length, shown)
}

function ssrcOf(id: string): number {
  return 4_000_000_000 + id.charCodeAt(0) * 100
}
