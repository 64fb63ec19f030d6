/**
 * What the server itself answers at its main domain: discovery (XEP-0030), ping (XEP-0199), external services (XEP-0215)
 * and, for addresses of users who are not connected, that they are not.
 */
import { childElements, el, NS, parseJid, type XmlElement } from '@parley/protocol'
import type { Attachment, Router } from './router.ts'
import { errorReply, isRequest, mayAnswerWithError, resultReply, type StanzaError } from './stanza-error.ts'

/** An identity of XEP-0030. Of a `component`, clients take `name` as its address. */
export interface Identity {
  readonly category: string
  readonly type: string
  readonly name?: string
}

/** One STUN or TURN server for clients (XEP-0215 §3). */
export interface ExternalService {
  readonly type: 'stun' | 'stuns' | 'turn' | 'turns'
  readonly host: string
  readonly port: number
  readonly transport: 'tcp' | 'udp'
  readonly username?: string
  readonly password?: string
  /** XEP-0082 date and time. */
  readonly expires?: string
}

export interface DomainServiceOptions {
  readonly domain: string
  /** Services of this server, as clients discover them. */
  readonly items: readonly string[]
  readonly identities: readonly Identity[]
  /** Asked per request, so that credentials are fresh. */
  readonly externalServices: () => readonly ExternalService[]
}

export function attachDomainService(router: Router, options: DomainServiceOptions): Attachment {
  const attachment = router.attachDomain(options.domain, (stanza) => {
    const reply = answer(stanza, options)
    if (reply) attachment.send(reply)
  })
  return attachment
}

/** The answer to a stanza for the domain or for a user in it who is not connected; `undefined` for none. */
export function answer(stanza: XmlElement, options: DomainServiceOptions): XmlElement | undefined {
  const to = parseJid(stanza.attrs.to ?? '')
  if (stanza.name === 'presence' || !mayAnswerWithError(stanza)) return undefined
  const [request] = childElements(stanza)
  if (!isRequest(stanza) || !request || to?.node || to?.resource || stanza.attrs.type !== 'get') {
    return errorReply(stanza, { condition: 'service-unavailable' })
  }
  const replyTo = queries[`${request.name} ${request.ns}`]
  if (!replyTo) return errorReply(stanza, { condition: 'service-unavailable' })
  const outcome = replyTo(request, options)
  return 'condition' in outcome ? errorReply(stanza, outcome) : resultReply(stanza, ...outcome)
}

type Outcome = readonly XmlElement[] | StanzaError

const queries: Readonly<Record<string, (request: XmlElement, options: DomainServiceOptions) => Outcome>> = {
  [`query ${NS.discoInfo}`]: (request, options) => (request.attrs.node ? noSuchNode : [discoInfo(options)]),
  [`query ${NS.discoItems}`]: (request, options) => (request.attrs.node ? noSuchNode : [discoItems(options)]),
  [`ping ${NS.ping}`]: () => [],
  [`services ${NS.extdisco}`]: listExternalServices,
  [`services ${NS.extdisco1}`]: listExternalServices,
}

function discoInfo({ identities }: DomainServiceOptions): XmlElement {
  const all: readonly Identity[] = [{ category: 'server', type: 'im', name: 'Parley' }, ...identities]
  return el(
    'query',
    NS.discoInfo,
    {},
    ...all.map(({ category, type, name }) => el('identity', NS.discoInfo, { category, type, name })),
    ...features.map((feature) => el('feature', NS.discoInfo, { var: feature })),
  )
}

function discoItems({ items }: DomainServiceOptions): XmlElement {
  return el('query', NS.discoItems, {}, ...items.map((jid) => el('item', NS.discoItems, { jid })))
}

/** XEP-0215 §3.1–3.2; the older namespace has the same shape. */
function listExternalServices(request: XmlElement, options: DomainServiceOptions): Outcome {
  const wanted = request.attrs.type
  const services = options.externalServices().filter(({ type }) => wanted === undefined || type === wanted)
  const items = services.map(({ type, host, port, transport, username, password, expires }) => {
    const restricted = username === undefined ? undefined : '1'
    return el('service', request.ns, { type, host, port, transport, username, password, expires, restricted })
  })
  return [el('services', request.ns, { type: wanted }, ...items)]
}

const features = [NS.discoInfo, NS.discoItems, NS.ping, NS.extdisco, NS.extdisco1]
const noSuchNode: StanzaError = { condition: 'item-not-found' }
