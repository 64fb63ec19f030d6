/** Sources as Jingle signals them, gathered by name: the SSRCs of one camera belong together. */
import type { MediaKind, SourcesByOwner, SsrcDescription, SsrcGroup, VideoType } from '@parley/protocol'

export interface RemoteSource {
  readonly name: string
  /** Endpoint id, or `jvb` for the bridge's own. */
  readonly ownerId: string
  readonly kind: MediaKind
  readonly videoType?: VideoType
  /** Primary first. */
  readonly ssrcs: readonly number[]
  /** FID only: the bridge hides simulcast from receivers. */
  readonly groups: readonly SsrcGroup[]
}

/** One entry a source, in order of appearance. A source that has no name is called after its owner and SSRC. */
export function gatherSources(sources: SourcesByOwner): RemoteSource[] {
  const gathered = new Map<string, RemoteSource>()
  for (const [ownerId, set] of sources) {
    for (const kind of ['audio', 'video'] as const) {
      for (const ssrc of set[kind]) addSsrc(gathered, ownerId, kind, ssrc, set.groups)
    }
  }
  return [...gathered.values()]
}

export function isSameSource(a: RemoteSource, b: RemoteSource): boolean {
  return (
    a.name === b.name &&
    a.ownerId === b.ownerId &&
    a.kind === b.kind &&
    a.ssrcs.length === b.ssrcs.length &&
    a.ssrcs.every((ssrc, index) => ssrc === b.ssrcs[index])
  )
}

function addSsrc(
  gathered: Map<string, RemoteSource>,
  ownerId: string,
  kind: MediaKind,
  ssrc: SsrcDescription,
  groups: readonly SsrcGroup[],
): void {
  const repairedBy = (of: number) =>
    groups.find((group) => group.semantics === 'FID' && group.ssrcs[1] === of)?.ssrcs[0]
  const name = ssrc.name || `${ownerId}-${repairedBy(ssrc.ssrc) ?? ssrc.ssrc}`
  const known = gathered.get(name)
  const ssrcs = [...(known?.ssrcs ?? []), ssrc.ssrc]
  const videoType = known?.videoType ?? ssrc.videoType
  gathered.set(name, {
    name,
    ownerId,
    kind,
    ...(videoType && { videoType }),
    // a repair stream may be listed before what it repairs
    ssrcs: ssrcs.sort((a, b) => Number(repairedBy(a) !== undefined) - Number(repairedBy(b) !== undefined)),
    groups: groups.filter(
      (group) => group.semantics === 'FID' && group.ssrcs.every((member) => ssrcs.includes(member)),
    ),
  })
}
