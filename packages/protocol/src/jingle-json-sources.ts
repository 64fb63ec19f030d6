/**
 * The compact form of sources, the text of `<json-message>`:
 *
 *     {"sources": {"<owner>": [videoSources, videoGroups, audioSources, audioGroups]}}
 *     source = {"s": ssrc, "n": name, "m": msid, "v": "d" for a desktop}
 *     group  = ["f" | "s", ssrc, …]        f = FID, s = SIM
 *
 * Trailing empty arrays may be left out.
 */
import { JingleError } from './jingle-error.ts'
import { bounded, type SourceCollector, ownerId, readSsrc } from './jingle-sources.ts'
import type { MediaKind, SourceSet, SourcesByOwner, SsrcDescription, SsrcGroup } from './media.ts'

export function encodeJsonSources(sources: SourcesByOwner): string {
  const owners = [...sources].map(([owner, set]) => `${JSON.stringify(owner)}:${compactText(set)}`)
  return `{"sources":{${owners.join(',')}}}`
}

/** @throws JingleError `bad-request` or `resource-constraint` */
export function decodeJsonSources(text: string, into: SourceCollector): void {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new JingleError('bad-request', 'json-message is not JSON')
  }
  const owners = isRecord(parsed) ? parsed.sources : undefined
  if (!isRecord(owners)) throw new JingleError('bad-request', 'json-message has no object "sources"')
  for (const [owner, parts] of Object.entries(owners)) {
    const [video, videoGroups, audio, audioGroups] = list(parts)
    const id = ownerId(owner)
    for (const source of list(video)) into.add(id, 'video', expandSource(source, 'video'))
    for (const source of list(audio)) into.add(id, 'audio', expandSource(source, 'audio'))
    for (const group of [...list(videoGroups), ...list(audioGroups)]) into.addGroup(id, expandGroup(group))
  }
}

/** Everybody in a room is told of the same sets. */
function compactText(set: SourceSet): string {
  const known = compactTexts.get(set) ?? JSON.stringify(compactSet(set))
  compactTexts.set(set, known)
  return known
}

const compactTexts = new WeakMap<SourceSet, string>()

function compactSet(set: SourceSet): unknown[] {
  const audioSsrcs = new Set(set.audio.map((source) => source.ssrc))
  const isAudio = (group: SsrcGroup) => audioSsrcs.has(group.ssrcs[0] ?? 0)
  const parts: unknown[][] = [
    set.video.map(compactSource),
    set.groups.filter((group) => !isAudio(group)).map(compactGroup),
    set.audio.map(compactSource),
    set.groups.filter(isAudio).map(compactGroup),
  ]
  while (parts.at(-1)?.length === 0) parts.pop()
  return parts
}

function compactSource(source: SsrcDescription): object {
  return {
    s: source.ssrc,
    ...(source.name && { n: source.name }),
    ...(source.msid && { m: source.msid }),
    ...(source.videoType === 'desktop' && { v: 'd' }),
  }
}

function compactGroup(group: SsrcGroup): unknown[] {
  return [group.semantics === 'FID' ? 'f' : 's', ...group.ssrcs]
}

function expandSource(source: unknown, kind: MediaKind): SsrcDescription {
  if (!isRecord(source)) throw new JingleError('bad-request', 'a compact source is not an object')
  return {
    ssrc: readSsrc(typeof source.s === 'number' ? String(source.s) : undefined),
    name: bounded(typeof source.n === 'string' ? source.n : '', 128, 'source name'),
    msid: bounded(typeof source.m === 'string' ? source.m : '', 512, 'msid'),
    ...(kind === 'video' && source.v === 'd' && { videoType: 'desktop' as const }),
  }
}

function expandGroup(group: unknown): SsrcGroup {
  const [letter, ...ssrcs] = list(group)
  if (letter !== 'f' && letter !== 's') throw new JingleError('bad-request', 'a compact group starts with "f" or "s"')
  return { semantics: letter === 'f' ? 'FID' : 'SIM', ssrcs: ssrcs.map((ssrc) => readSsrc(String(ssrc))) }
}

function list(value: unknown): unknown[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new JingleError('bad-request', 'compact sources are not arrays')
  return value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
