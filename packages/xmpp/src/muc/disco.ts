/** Discovery of the chat service and of its rooms (XEP-0030, XEP-0045 §6). */
import { el, NS, type XmlElement } from '@parley/protocol'
import { encodeForm } from '../data-form.ts'
import type { Room } from './room.ts'

/** Rooms are not listed: whoever knows a name may ask for it. */
export function serviceInfo(): XmlElement {
  return info({ category: 'conference', type: 'text', name: 'Rooms' }, [NS.discoInfo, NS.discoItems, NS.muc])
}

export function roomInfo(room: Room): XmlElement {
  const name = room.jid.slice(0, room.jid.indexOf('@'))
  const features = ['muc_hidden', 'muc_temporary', ...room.features.flatMap((feature) => feature.features?.() ?? [])]
  const fields = room.features.flatMap((feature) => feature.infoFields?.() ?? [])
  const occupants = { name: 'muc#roominfo_occupants', type: 'text-single', values: [String(room.size)] } as const
  return info(
    { category: 'conference', type: 'text', name },
    [NS.discoInfo, NS.muc, ...features],
    encodeForm('result', NS.mucRoomInfo, [...fields, occupants]),
  )
}

export function emptyItems(): XmlElement {
  return el('query', NS.discoItems)
}

function info(
  identity: { readonly category: string; readonly type: string; readonly name: string },
  features: readonly string[],
  form?: XmlElement,
): XmlElement {
  return el(
    'query',
    NS.discoInfo,
    {},
    el('identity', NS.discoInfo, identity),
    ...features.map((feature) => el('feature', NS.discoInfo, { var: feature })),
    form,
  )
}
