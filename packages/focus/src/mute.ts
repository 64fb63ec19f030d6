/**
 * Muting others through the focus (protocol notes 4.7): rules, then the words to the muted client and to the bridge.
 */
import { el, NS, textOf, type XmlElement } from '@parley/protocol'
import type { Core } from './core.ts'
import type { Invitations } from './invitations.ts'
import type { Member } from './member.ts'
import { errorFor, resultFor, type StanzaCondition } from './stanzas.ts'

export type MuteKind = 'audio' | 'video' | 'desktop'

const kindOf: ReadonlyMap<string, MuteKind> = new Map([
  [NS.muteAudio, 'audio'],
  [NS.muteVideo, 'video'],
  [NS.muteDesktop, 'desktop'],
])

export function isMute(payload: XmlElement): boolean {
  return payload.name === 'mute' && kindOf.has(payload.ns)
}

/** `undefined` = allowed. Moderators mute others, nobody unmutes others, everybody decides about themselves. */
export function muteRefusal(actor: Member, target: Member | undefined, mute: boolean): StanzaCondition | undefined {
  if (!target) return 'item-not-found'
  if (target === actor) return undefined
  return mute && actor.role === 'moderator' ? undefined : 'not-allowed'
}

export function handleMute(
  core: Core,
  invitations: Invitations,
  actor: Member,
  request: XmlElement,
  payload: XmlElement,
): void {
  const kind = kindOf.get(payload.ns)
  const text = textOf(payload).trim()
  if (!kind || (text !== 'true' && text !== 'false')) {
    core.send(errorFor(request, 'bad-request', 'a mute request is "true" or "false"'))
    return
  }
  const mute = text === 'true'
  const targetJid = payload.attrs.jid ?? actor.jid
  const target = [...core.members.values()].find((member) => member.jid === targetJid)
  const refusal = muteRefusal(actor, target, mute)
  if (refusal || !target) {
    core.send(errorFor(request, refusal ?? 'item-not-found'))
    return
  }
  core.send(resultFor(request))
  if (target !== actor) {
    const order = el('mute', payload.ns, { actor: actor.jid }, 'true')
    core.requests.sendUnanswered('set', target.jid, order)
  }
  // The bridge cannot tell a shared screen from a camera: both are video.
  if (kind === 'desktop' || (target === actor && mute)) return
  if (target.forceMute[kind] === mute) return
  target.forceMute = { ...target.forceMute, [kind]: mute }
  if (target.session?.state === 'active') invitations.updateEndpoint(target, { forceMute: target.forceMute })
}
