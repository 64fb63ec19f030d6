/** Jingle messages to XML. */
import type {
  SessionAccept,
  SessionInfo,
  SessionInitiate,
  SessionTerminate,
  SourceChange,
  TransportInfo,
} from './jingle.ts'
import { encodeJsonSources } from './jingle-json-sources.ts'
import { encodeMedia } from './jingle-media.ts'
import { encodeSources } from './jingle-sources.ts'
import { encodeCandidate, encodeTransport } from './jingle-transport.ts'
import type { MediaDescription, MediaKind, SourceSet, SourcesByOwner } from './media.ts'
import { NS } from './namespaces.ts'
import { isEmptySourceSet } from './sources.ts'
import { el, shareContent, type XmlElement } from './xml.ts'

/** The offer. Content names are `audio` and `video`; owners are written as occupant JIDs of the initiator's room. */
export function encodeSessionInitiate(offer: SessionInitiate): XmlElement {
  const contents = offer.media.map((media) =>
    el(
      'content',
      NS.jingle,
      { creator: 'initiator', name: media.kind, senders: 'both' },
      el(
        'description',
        NS.rtp,
        // Clients read `maxptime` (ms) only from audio.
        { media: media.kind, maxptime: media.kind === 'audio' ? 60 : undefined },
        ...encodeMedia(media),
        el('extmap-allow-mixed', NS.rtpHdrext),
        // Clients look for it here and ignore the one in the transport.
        el('rtcp-mux', NS.rtp),
        ...encodeOwnedSources(offer.sources, media.kind, offer.initiator),
      ),
      encodeTransport(offer.transport),
    ),
  )
  const { startMuted, bridgeSession } = offer
  return el(
    'jingle',
    NS.jingle,
    { action: offer.action, sid: offer.sid, initiator: offer.initiator },
    ...contents,
    encodeBundle(offer.media),
    startMuted && (startMuted.audio || startMuted.video)
      ? el('startmuted', NS.startMuted, { audio: startMuted.audio, video: startMuted.video })
      : undefined,
    bridgeSession && el('bridge-session', NS.focus, { id: bridgeSession.id, region: bridgeSession.region }),
  )
}

/** The answer. Sources carry no owner: it is the sender. */
export function encodeSessionAccept(answer: SessionAccept): XmlElement {
  return el(
    'jingle',
    NS.jingle,
    { action: answer.action, sid: answer.sid, initiator: answer.initiator, responder: answer.responder },
    encodeBundle(answer.media),
    ...answer.media.map((media) =>
      el(
        'content',
        NS.jingle,
        { creator: 'responder', name: media.kind, senders: 'both' },
        media.kind === 'video' && answer.initialLastN !== undefined
          ? el('initial-last-n', NS.colibri2, { value: answer.initialLastN })
          : undefined,
        el(
          'description',
          NS.rtp,
          { media: media.kind },
          ...encodeMedia(media),
          ...encodeSources(answer.sources, media.kind, undefined),
          el('rtcp-mux', NS.rtp),
        ),
        encodeTransport(answer.transport),
      ),
    ),
  )
}

export interface EncodeSourceChangeOptions {
  /**
   * `owned`: from the focus, each source with its owner in the room of `initiator`.
   * `own`: from a client, without owners.
   * `json`: from the focus to a client with the feature `http://jitsi.org/json-encoded-sources`.
   */
  readonly form: 'owned' | 'own' | 'json'
}

export function encodeSourceChange(change: SourceChange, options: EncodeSourceChangeOptions): XmlElement {
  const attrs = { action: change.action, sid: change.sid, initiator: change.initiator }
  if (options.form === 'json') {
    return el('jingle', NS.jingle, attrs, el('json-message', NS.jitmeet, {}, encodeJsonSources(change.sources)))
  }
  const contents = kinds.map((kind) => {
    const sources =
      options.form === 'owned'
        ? encodeOwnedSources(change.sources, kind, change.initiator ?? '')
        : [...change.sources.values()].flatMap((set) => encodeSources(set, kind, undefined))
    if (sources.length === 0) return undefined
    // Stock clients write no `creator` here, and read it nowhere.
    const creator = options.form === 'owned' ? 'initiator' : undefined
    return el(
      'content',
      NS.jingle,
      { creator, name: kind, senders: creator && 'both' },
      el('description', NS.rtp, { media: kind }, ...sources),
    )
  })
  return el('jingle', NS.jingle, attrs, ...contents)
}

export function encodeSessionTerminate(end: SessionTerminate): XmlElement {
  const { bridgeSession, text } = end
  return el(
    'jingle',
    NS.jingle,
    { action: end.action, sid: end.sid, initiator: end.initiator },
    end.reason
      ? el('reason', NS.jingle, {}, el(end.reason, NS.jingle), text ? el('text', NS.jingle, {}, text) : undefined)
      : undefined,
    bridgeSession && el('bridge-session', NS.focus, { id: bridgeSession.id, restart: bridgeSession.restart }),
  )
}

/** What is sent during a session and concerns neither sources nor its end: the wish for new ICE credentials. */
export function encodeSessionInfo({ action, sid, initiator, iceRestart }: SessionInfo): XmlElement {
  return el(
    'jingle',
    NS.jingle,
    { action, sid, initiator },
    iceRestart && el('bridge-session', NS.focus, { id: iceRestart.bridgeSessionId, 'ice-restart': true }),
  )
}

/** Candidates found late, or the credentials of an ICE restart in place. */
export function encodeTransportInfo(info: TransportInfo): XmlElement {
  return el(
    'jingle',
    NS.jingle,
    { action: info.action, sid: info.sid, initiator: info.initiator },
    ...info.contents.map(({ name, ufrag, pwd, candidates, iceGeneration }) =>
      el(
        'content',
        NS.jingle,
        { creator: 'initiator', name },
        el('transport', NS.iceUdp, { ufrag, pwd, 'ice-generation': iceGeneration }, ...candidates.map(encodeCandidate)),
      ),
    ),
  )
}

const kinds: readonly MediaKind[] = ['audio', 'video']

function encodeOwnedSources(sources: SourcesByOwner, kind: MediaKind, initiator: string): XmlElement[] {
  const slash = initiator.indexOf('/')
  const room = slash < 0 ? initiator : initiator.slice(0, slash)
  return [...sources].flatMap(([owner, set]) => encodeOwned(set, kind, owner === 'jvb' ? owner : `${room}/${owner}`))
}

/** Everybody in a room is told of the same sets. */
function encodeOwned(set: SourceSet, kind: MediaKind, owner: string): readonly XmlElement[] {
  // the empty set is everybody's, and would remember them all
  if (isEmptySourceSet(set)) return encodeSources(set, kind, owner)
  const known = encodedSets.get(set) ?? new Map<string, readonly XmlElement[]>()
  encodedSets.set(set, known)
  const key = `${kind} ${owner}`
  const elements = known.get(key) ?? encodeSources(set, kind, owner).map(shareContent)
  known.set(key, elements)
  return elements
}

/** By kind and owner, which are as many as the set has: a set is one member's, and the bridge's one conference's. */
const encodedSets = new WeakMap<SourceSet, Map<string, readonly XmlElement[]>>()

function encodeBundle(media: readonly MediaDescription[]): XmlElement {
  return el(
    'group',
    NS.grouping,
    { semantics: 'BUNDLE' },
    ...media.map(({ kind }) => el('content', NS.grouping, { name: kind })),
  )
}
