/**
 * Requests to the focus's own domain: conference requests, and what else clients ask there. Pure: a stanza in, a
 * verdict out.
 */
import {
  type ConferenceRequest,
  childElements,
  decodeConferenceRequest,
  el,
  encodeConferenceReply,
  NS,
  parseJid,
  type XmlElement,
} from '@parley/protocol'
import { errorFor, isIqRequest, resultFor } from './stanzas.ts'

export type ComponentVerdict =
  | { readonly type: 'conference'; readonly request: ConferenceRequest }
  | { readonly type: 'answer'; readonly stanza: XmlElement }
  | { readonly type: 'nothing' }

/** @param mucDomain rooms elsewhere are refused */
export function judgeComponentStanza(stanza: XmlElement, mucDomain: string): ComponentVerdict {
  if (!isIqRequest(stanza)) return { type: 'nothing' }
  const [payload] = childElements(stanza)
  const isSet = stanza.attrs.type === 'set'
  if (!payload) return answer(errorFor(stanza, 'bad-request'))
  if (isSet && payload.name === 'conference' && payload.ns === NS.focus) {
    const request = decodeConferenceRequest(payload)
    if (!request) return answer(errorFor(stanza, 'bad-request', 'room is not the bare address of a room'))
    if (parseJid(request.room)?.domain !== mucDomain) {
      return answer(errorFor(stanza, 'item-not-found', `rooms are at ${mucDomain}`))
    }
    return { type: 'conference', request }
  }
  // There are no authentication sessions to end.
  if (isSet && payload.name === 'logout' && payload.ns === NS.focus) return answer(resultFor(stanza))
  if (!isSet && payload.ns === NS.discoInfo) {
    const identity = el('identity', NS.discoInfo, { category: 'component', type: 'focus', name: 'Parley focus' })
    const features = [NS.discoInfo, NS.focus].map((name) => el('feature', NS.discoInfo, { var: name }))
    return answer(resultFor(stanza, el('query', NS.discoInfo, {}, identity, ...features)))
  }
  if (!isSet && payload.ns === NS.ping) return answer(resultFor(stanza))
  return answer(errorFor(stanza, 'service-unavailable'))
}

/** @param focusJid bare JID by which clients recognise the focus in the room */
export function readyReply(iq: XmlElement, room: string, focusJid: string): XmlElement {
  const properties = { authentication: 'false', 'visitors-supported': 'false' }
  return resultFor(iq, encodeConferenceReply({ room, focusJid, ready: true, properties }))
}

function answer(stanza: XmlElement): ComponentVerdict {
  return { type: 'answer', stanza }
}
