/**
 * Address of a COLIBRI WebSocket: `/colibri-ws/<serverId>/<conferenceId>/<endpointId>?pwd=<password>`. The server id lets
 * a front proxy find the bridge; the password proves that its holder was offered this endpoint.
 */

export interface ChannelAddress {
  readonly serverId: string
  readonly conferenceId: string
  readonly endpointId: string
  readonly password: string
}

/** Path and query, to be put behind `wss://host`. */
export function formatChannelPath(address: ChannelAddress): string {
  const path = [address.serverId, address.conferenceId, address.endpointId].map(encodeURIComponent).join('/')
  return `/colibri-ws/${path}?pwd=${encodeURIComponent(address.password)}`
}

/**
 * @param query what follows the path, with or without its `?`; must start with `pwd=`
 * @returns `password` is `''` when the query has none; `undefined` when the path is not a channel's
 */
export function parseChannelPath(path: string, query: string): ChannelAddress | undefined {
  const match = path.length <= maxPathLength ? pathPattern.exec(path) : null
  if (!match) return undefined
  const [serverId, conferenceId, endpointId] = match.slice(1).map(decodePart)
  if (serverId === undefined || conferenceId === undefined || endpointId === undefined) return undefined
  const password = /^\??pwd=([^&]{1,256})/.exec(query)?.[1] ?? ''
  return { serverId, conferenceId, endpointId, password: decodePart(password) ?? '' }
}

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

const pathPattern = /^\/colibri-ws\/([^/?#]+)\/([^/?#]+)\/([^/?#]+)$/
const maxPathLength = 2048
