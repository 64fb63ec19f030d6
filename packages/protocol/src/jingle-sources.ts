/**
 * `<source>` and `<ssrc-group>` (XEP-0339 as Jitsi uses it) in the description of an audio or video content.
 *
 *     <source xmlns=ssma ssrc="10" name="aaaaaaaa-v0" videoType="camera">
 *       <parameter name="msid" value="stream track"/>      always the first parameter: clients drop it elsewhere
 *       <ssrc-info xmlns=jitmeet owner="room@muc/aaaaaaaa"/>
 *     </source>
 *     <ssrc-group xmlns=ssma semantics="FID"><source ssrc="10"/><source ssrc="20"/></ssrc-group>
 */
import { JingleError, type JingleLimits } from './jingle-error.ts'
import type { MediaKind, SourceSet, SourcesByOwner, SsrcDescription, SsrcGroup, VideoType } from './media.ts'
import { NS } from './namespaces.ts'
import { childElements, el, type XmlElement } from './xml.ts'

/** Collects the sources of one stanza by owner and enforces its limits. */
export class SourceCollector {
  readonly #limits: JingleLimits
  readonly #sets = new Map<string, { audio: SsrcDescription[]; video: SsrcDescription[]; groups: SsrcGroup[] }>()
  readonly #owners = new Map<number, string>()
  #groups = 0

  constructor(limits: JingleLimits) {
    this.#limits = limits
  }

  add(owner: string, kind: MediaKind, source: SsrcDescription): void {
    if (this.#owners.has(source.ssrc)) throw new JingleError('bad-request', `SSRC ${source.ssrc} is declared twice`)
    if (this.#owners.size >= this.#limits.maxSources) {
      throw new JingleError('resource-constraint', `more than ${this.#limits.maxSources} sources in one request`)
    }
    this.#owners.set(source.ssrc, owner)
    this.#of(owner)[kind].push(source)
  }

  /** `fallbackOwner` owns groups that name no declared SSRC; whoever validates the set refuses those. */
  addGroup(fallbackOwner: string, group: SsrcGroup): void {
    if (++this.#groups > this.#limits.maxGroups) {
      throw new JingleError('resource-constraint', `more than ${this.#limits.maxGroups} SSRC groups in one request`)
    }
    this.#of(this.#owners.get(group.ssrcs[0] ?? 0) ?? fallbackOwner).groups.push(group)
  }

  result(): SourcesByOwner {
    return this.#sets
  }

  #of(owner: string) {
    let set = this.#sets.get(owner)
    if (!set) this.#sets.set(owner, (set = { audio: [], video: [], groups: [] }))
    return set
  }
}

/**
 * Read the sources of a description into `into`. A source without SSRC (`rid` only) is passed over: its SSRC form
 * stands beside it. @param sender owner of sources that name none.
 */
export function decodeSources(description: XmlElement, kind: MediaKind, sender: string, into: SourceCollector): void {
  for (const element of childElements(description, 'source')) {
    if (element.attrs.ssrc === undefined) continue
    const info = childElements(element, 'ssrc-info')[0]
    into.add(ownerId(info?.attrs.owner ?? sender), kind, decodeSource(element, kind))
  }
  for (const element of childElements(description, 'ssrc-group')) {
    const semantics = element.attrs.semantics
    if (semantics !== 'FID' && semantics !== 'SIM') continue
    const ssrcs = childElements(element, 'source').map((source) => readSsrc(source.attrs.ssrc))
    into.addGroup(sender, { semantics, ssrcs })
  }
}

/**
 * Children for the description of `kind`. @param ownerJid wire form of an owner; `undefined` leaves `ssrc-info` out.
 */
export function encodeSources(set: SourceSet, kind: MediaKind, ownerJid: string | undefined): XmlElement[] {
  const declared = new Set(set[kind].map((source) => source.ssrc))
  const sources = set[kind].map((source) =>
    el(
      'source',
      NS.ssma,
      {
        ssrc: source.ssrc,
        name: source.name || undefined,
        videoType: kind === 'video' ? source.videoType : undefined,
      },
      source.msid ? el('parameter', NS.ssma, { name: 'msid', value: source.msid }) : undefined,
      ownerJid === undefined ? undefined : el('ssrc-info', NS.jitmeet, { owner: ownerJid }),
    ),
  )
  const groups = set.groups
    .filter((group) => declared.has(group.ssrcs[0] ?? 0))
    .map((group) =>
      el(
        'ssrc-group',
        NS.ssma,
        { semantics: group.semantics },
        ...group.ssrcs.map((ssrc) => el('source', NS.ssma, { ssrc })),
      ),
    )
  return [...sources, ...groups]
}

/** An owner is an endpoint id, `jvb`, or an occupant JID whose resource is the endpoint id. */
export function ownerId(owner: string): string {
  return owner.slice(owner.indexOf('/') + 1)
}

/**
 * @throws JingleError `bad-request` unless it is an integer from 1 to 4294967295 (RFC 3550 §8; 0 is used for nothing).
 */
export function readSsrc(text: string | undefined): number {
  const ssrc = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : 0
  if (ssrc < 1 || ssrc > 0xffffffff) throw new JingleError('bad-request', `"${clip(text)}" is not an SSRC`)
  return ssrc
}

export function readVideoType(text: string | undefined): VideoType | undefined {
  if (text === undefined) return undefined
  return text.startsWith('desktop') ? 'desktop' : 'camera'
}

/** Text of the peer for an error message. */
export function clip(text: string | undefined): string {
  return text === undefined ? '' : text.slice(0, 40)
}

function decodeSource(element: XmlElement, kind: MediaKind): SsrcDescription {
  const msid = childElements(element, 'parameter').find((parameter) => parameter.attrs.name === 'msid')
  const videoType = kind === 'video' ? readVideoType(element.attrs.videoType) : undefined
  return {
    ssrc: readSsrc(element.attrs.ssrc),
    name: bounded(element.attrs.name ?? '', 128, 'source name'),
    msid: bounded(msid?.attrs.value ?? '', 512, 'msid'),
    ...(videoType && { videoType }),
  }
}

export function bounded(text: string, maxLength: number, what: string): string {
  if (text.length > maxLength) throw new JingleError('bad-request', `${what} is longer than ${maxLength} characters`)
  return text
}
