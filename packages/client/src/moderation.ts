/** What moderators ask of the room (XEP-0045 §8.2, §10.6) and of the focus. */
import { el, NS, type MediaKind, type XmlElement } from '@parley/protocol'

/** The room removes the occupant. */
export function kickRequest(room: string, id: string, message: string): XmlElement {
  const reason = message ? el('reason', NS.mucAdmin, {}, message) : undefined
  return admin(room, el('item', NS.mucAdmin, { nick: id, role: 'none' }, reason))
}

/** Owners are moderators. @param jid real bare address */
export function grantModeratorRequest(room: string, jid: string): XmlElement {
  return admin(room, el('item', NS.mucAdmin, { jid, affiliation: 'owner' }))
}

/** The focus mutes somebody else, or hears that we want to speak again (`muted` false, ourselves only). */
export function muteRequest(room: string, id: string, kind: MediaKind | 'desktop', muted: boolean): XmlElement {
  const mute = el('mute', muteNamespaces[kind], { jid: `${room}/${id}` }, String(muted))
  return el('iq', NS.client, { type: 'set', to: `${room}/focus` }, mute)
}

/** A room password; `''` removes it. */
export function passwordRequest(room: string, password: string): XmlElement {
  const fields = {
    FORM_TYPE: NS.mucRoomConfig,
    'muc#roomconfig_roomsecret': password,
    'muc#roomconfig_passwordprotectedroom': password === '' ? '0' : '1',
    'muc#roomconfig_whois': 'anyone',
  }
  const form = el(
    'x',
    NS.dataForms,
    { type: 'submit' },
    ...Object.entries(fields).map(([name, value]) =>
      el('field', NS.dataForms, { var: name }, el('value', NS.dataForms, {}, value)),
    ),
  )
  return el('iq', NS.client, { type: 'set', to: room }, el('query', NS.mucOwner, {}, form))
}

/** What a `<mute>` from the focus is about. */
export function mutedKind(namespace: string): MediaKind | 'desktop' | undefined {
  return (['audio', 'video', 'desktop'] as const).find((kind) => muteNamespaces[kind] === namespace)
}

const muteNamespaces = { audio: NS.muteAudio, video: NS.muteVideo, desktop: NS.muteDesktop } as const

function admin(room: string, item: XmlElement): XmlElement {
  return el('iq', NS.client, { type: 'set', to: room }, el('query', NS.mucAdmin, {}, item))
}
