/**
 * The conference request: a client asks the focus to open a room before it joins. Namespace
 * `http://jitsi.org/protocol/focus`.
 */
import { bareJid, parseJid } from './jid.ts'
import { NS } from './namespaces.ts'
import { childElements, el, type XmlElement } from './xml.ts'

export interface ConferenceRequest {
  /** Bare room JID, lower-case. */
  readonly room: string
  /** Stable per browser. */
  readonly machineUid?: string
  readonly token?: string
  readonly sessionId?: string
  readonly properties: Readonly<Record<string, string>>
}

export interface ConferenceReply {
  readonly room: string
  /** Bare JID of the focus user: whoever has it in the room is the focus. */
  readonly focusJid: string
  /** False makes the client ask again after 1, 2, 4 … s. */
  readonly ready: boolean
  readonly sessionId?: string
  /** Shown as the authenticated identity. */
  readonly identity?: string
  /** Visitor node to join instead. */
  readonly vnode?: string
  readonly properties: Readonly<Record<string, string>>
}

/** @returns `undefined` when the element is no request or its `room` is not the bare address of a room */
export function decodeConferenceRequest(element: XmlElement): ConferenceRequest | undefined {
  const { room, 'machine-uid': machineUid, token, 'session-id': sessionId } = element.attrs
  const jid = room === undefined ? undefined : parseJid(room)
  if (element.name !== 'conference' || element.ns !== NS.focus) return undefined
  if (!jid || jid.node === '' || jid.resource !== '') return undefined
  return {
    room: bareJid(jid),
    ...(machineUid !== undefined && { machineUid }),
    ...(token !== undefined && { token }),
    ...(sessionId !== undefined && { sessionId }),
    properties: decodeProperties(element),
  }
}

export function encodeConferenceRequest(request: ConferenceRequest): XmlElement {
  const { room, machineUid, token, sessionId } = request
  return el(
    'conference',
    NS.focus,
    { room, 'machine-uid': machineUid, token, 'session-id': sessionId },
    ...encodeProperties(request.properties),
  )
}

export function decodeConferenceReply(element: XmlElement): ConferenceReply | undefined {
  const { room, focusjid, ready, 'session-id': sessionId, identity, vnode } = element.attrs
  if (element.name !== 'conference' || element.ns !== NS.focus || !room || !focusjid) return undefined
  return {
    room,
    focusJid: focusjid,
    ready: ready === 'true',
    ...(sessionId !== undefined && { sessionId }),
    ...(identity !== undefined && { identity }),
    ...(vnode !== undefined && { vnode }),
    properties: decodeProperties(element),
  }
}

export function encodeConferenceReply(reply: ConferenceReply): XmlElement {
  const { room, focusJid, ready, sessionId, identity, vnode } = reply
  return el(
    'conference',
    NS.focus,
    { room, focusjid: focusJid, ready, 'session-id': sessionId, identity, vnode },
    ...encodeProperties(reply.properties),
  )
}

function encodeProperties(properties: Readonly<Record<string, string>>): XmlElement[] {
  return Object.entries(properties).map(([name, value]) => el('property', NS.focus, { name, value }))
}

function decodeProperties(element: XmlElement): Record<string, string> {
  const properties: Record<string, string> = Object.create(null)
  for (const { attrs } of childElements(element, 'property').slice(0, 64)) {
    if (attrs.name !== undefined) properties[attrs.name] = attrs.value ?? ''
  }
  return { ...properties }
}
