/**
 * Jingle messages from XML. Reading is lenient where stock clients are loose (contents without `creator`, a BUNDLE
 * group that lists a content nobody offered, sources without owner) and strict in everything that later code computes
 * with.
 */
import type {
  JingleBase,
  JingleMessage,
  SessionAccept,
  SessionInfo,
  SessionInitiate,
  SessionTerminate,
  TransportInfo,
} from './jingle.ts'
import { clientLimits, JingleError, type JingleLimits } from './jingle-error.ts'
import { decodeJsonSources } from './jingle-json-sources.ts'
import { decodeMedia } from './jingle-media.ts'
import { clip, decodeSources, ownerId, SourceCollector } from './jingle-sources.ts'
import { decodeCandidates, decodeTransport } from './jingle-transport.ts'
import type { MediaDescription, MediaKind, SourceSet, SourcesByOwner, TransportDescription } from './media.ts'
import { NS } from './namespaces.ts'
import { emptySourceSet } from './sources.ts'
import { child, childElements, textOf, type XmlElement } from './xml.ts'

export interface DecodeJingleOptions {
  /** Endpoint id of the sender: owns the sources that name no owner. */
  readonly sender: string
  /** Default {@link clientLimits}; a client reading offers passes `offerLimits`. */
  readonly limits?: JingleLimits
}

/**
 * @param jingle the `<jingle>` element
 * @throws JingleError `bad-request`, `resource-constraint`, or `feature-not-implemented` for an unknown action
 */
export function decodeJingle(jingle: XmlElement, options: DecodeJingleOptions): JingleMessage {
  if (jingle.name !== 'jingle' || jingle.ns !== NS.jingle) throw new JingleError('bad-request', 'no <jingle> element')
  const { action, sid, initiator } = jingle.attrs
  if (!sid || sid.length > 64) throw new JingleError('bad-request', 'jingle has no sid of at most 64 characters')
  const base: JingleBase = { sid, ...(initiator !== undefined && { initiator }) }
  const limits = options.limits ?? clientLimits
  switch (action) {
    case 'session-initiate':
      return decodeSessionInitiate(jingle, base, options.sender, limits)
    case 'session-accept':
      return decodeSessionAccept(jingle, base, options.sender, limits)
    case 'source-add':
    case 'source-remove':
      return { action, ...base, sources: decodeAllSources(jingle, options.sender, limits) }
    case 'session-terminate':
      return decodeSessionTerminate(jingle, base)
    case 'session-info':
      return decodeSessionInfo(jingle, base)
    case 'transport-info':
      return { action, ...base, contents: contentsOf(jingle, limits).map((c) => decodeTrickle(c, limits)) }
    default:
      throw new JingleError('feature-not-implemented', `jingle action "${clip(action)}" is not supported`)
  }
}

function decodeSessionInitiate(
  jingle: XmlElement,
  base: JingleBase,
  sender: string,
  limits: JingleLimits,
): SessionInitiate {
  const startMuted = child(jingle, 'startmuted', NS.startMuted)?.attrs
  const bridgeSession = child(jingle, 'bridge-session', NS.focus)?.attrs
  return {
    action: 'session-initiate',
    ...base,
    initiator: base.initiator ?? '',
    media: decodeAllMedia(jingle, limits),
    transport: decodeFirstTransport(jingle, limits),
    sources: decodeAllSources(jingle, sender, limits),
    ...(startMuted && { startMuted: { audio: startMuted.audio === 'true', video: startMuted.video === 'true' } }),
    ...(bridgeSession && {
      bridgeSession: { id: bridgeSession.id ?? '', ...(bridgeSession.region && { region: bridgeSession.region }) },
    }),
  }
}

function decodeSessionAccept(
  jingle: XmlElement,
  base: JingleBase,
  sender: string,
  limits: JingleLimits,
): SessionAccept {
  const sources = decodeAllSources(jingle, sender, limits)
  const responder = jingle.attrs.responder
  const lastN = contentsOf(jingle, limits)
    .map((content) => child(content, 'initial-last-n')?.attrs.value)
    .find((value) => value !== undefined && /^\d{1,4}$/.test(value))
  return {
    action: 'session-accept',
    ...base,
    ...(responder !== undefined && { responder }),
    media: decodeAllMedia(jingle, limits),
    transport: decodeFirstTransport(jingle, limits),
    sources: ownSources(sources, ownerId(sender)),
    ...(lastN !== undefined && { initialLastN: Number(lastN) }),
  }
}

/** What `sender` says of itself. @throws JingleError `bad-request` when it speaks for somebody else */
export function ownSources(sources: SourcesByOwner, sender: string): SourceSet {
  for (const owner of sources.keys()) {
    if (owner !== sender) throw new JingleError('bad-request', `sources of "${clip(owner)}" are not the sender's`)
  }
  return sources.get(sender) ?? emptySourceSet
}

function decodeSessionTerminate(jingle: XmlElement, base: JingleBase): SessionTerminate {
  const reason = child(jingle, 'reason')
  const condition = reason && childElements(reason).find((element) => element.name !== 'text')
  const text = reason && textOf(child(reason, 'text')).slice(0, 256)
  const bridgeSession = child(jingle, 'bridge-session')?.attrs
  return {
    action: 'session-terminate',
    ...base,
    reason: condition?.name ?? '',
    ...(text && { text }),
    ...(bridgeSession && {
      bridgeSession: { id: bridgeSession.id ?? '', restart: bridgeSession.restart === 'true' },
    }),
  }
}

function decodeSessionInfo(jingle: XmlElement, base: JingleBase): SessionInfo {
  const bridgeSession = child(jingle, 'bridge-session')?.attrs
  const iceRestart = bridgeSession?.['ice-restart'] === 'true' ? { bridgeSessionId: bridgeSession.id ?? '' } : undefined
  return { action: 'session-info', ...base, ...(iceRestart && { iceRestart }) }
}

function decodeTrickle(content: XmlElement, limits: JingleLimits): TransportInfo['contents'][number] {
  const transport = child(content, 'transport')
  const { ufrag, pwd, 'ice-generation': generation } = transport?.attrs ?? {}
  return {
    name: content.attrs.name ?? '',
    ...(ufrag !== undefined && { ufrag }),
    ...(pwd !== undefined && { pwd }),
    candidates: transport ? decodeCandidates(transport, limits) : [],
    ...(generation !== undefined && /^\d{1,9}$/.test(generation) && { iceGeneration: Number(generation) }),
  }
}

function contentsOf(jingle: XmlElement, limits: JingleLimits): XmlElement[] {
  const contents = childElements(jingle, 'content')
  if (contents.length > limits.maxContents) {
    throw new JingleError('resource-constraint', `more than ${limits.maxContents} contents`)
  }
  return contents
}

/**
 * Contents with a description of audio or video. The SDP side calls the kind `media`; the content's name may be any
 * mid.
 */
function descriptionsOf(jingle: XmlElement, limits: JingleLimits): { kind: MediaKind; description: XmlElement }[] {
  return contentsOf(jingle, limits).flatMap((content) => {
    const description = child(content, 'description')
    const kind = description?.attrs.media ?? content.attrs.name
    return description && (kind === 'audio' || kind === 'video') ? [{ kind, description }] : []
  })
}

function decodeAllMedia(jingle: XmlElement, limits: JingleLimits): MediaDescription[] {
  const byKind = new Map<MediaKind, MediaDescription>()
  for (const { kind, description } of descriptionsOf(jingle, limits)) {
    if (!byKind.has(kind)) byKind.set(kind, decodeMedia(description, kind, limits))
  }
  return [...byKind.values()]
}

function decodeAllSources(jingle: XmlElement, sender: string, limits: JingleLimits): SourcesByOwner {
  const sources = new SourceCollector(limits)
  const id = ownerId(sender)
  for (const { kind, description } of descriptionsOf(jingle, limits)) decodeSources(description, kind, id, sources)
  const json = child(jingle, 'json-message')
  if (json) decodeJsonSources(textOf(json), sources)
  return sources.result()
}

/** One transport carries all contents (BUNDLE), repeated in each; the first that has credentials counts. */
function decodeFirstTransport(jingle: XmlElement, limits: JingleLimits): TransportDescription {
  const transports = contentsOf(jingle, limits)
    .map((content) => child(content, 'transport', NS.iceUdp))
    .filter((transport) => transport !== undefined)
  const transport = transports.find(({ attrs }) => attrs.ufrag !== undefined) ?? transports[0]
  if (!transport) throw new JingleError('bad-request', 'jingle has no transport')
  return decodeTransport(transport, limits)
}
