/** Under which addresses people reach the media port. */
import type { MediaSettings } from '@parley/config'

export interface InterfaceAddress {
  readonly address: string
  readonly internal: boolean
}

export interface Address {
  readonly ip: string
  readonly port: number
}

/**
 * Addresses for ICE candidates, best first: those of the settings, then the machine's own. A machine with nothing but
 * loopback serves itself. Link-local IPv6 addresses are left out: they mean nothing without an interface name.
 * @param enginePort stands where an address has no port of its own
 */
export function advertisedAddresses(
  settings: Pick<MediaSettings, 'advertisedAddresses' | 'advertisesPrivateAddresses'>,
  interfaces: readonly InterfaceAddress[],
  enginePort: number,
): Address[] {
  const given = settings.advertisedAddresses.map(({ ip, port }) => ({ ip, port: port ?? enginePort }))
  const own = interfaces
    .filter(({ address, internal }) => !internal && !isLinkLocal(address))
    .filter(({ address }) => given.length === 0 || (settings.advertisesPrivateAddresses && isPrivate(address)))
    .map(({ address }) => ({ ip: address, port: enginePort }))
    // Browsers try pairs in order; IPv4 first, as more machines have a working one.
    .sort((a, b) => Number(a.ip.includes(':')) - Number(b.ip.includes(':')))
  const all = [...given, ...own]
  const unique = all.filter(
    (address, index) => all.findIndex(({ ip, port }) => ip === address.ip && port === address.port) === index,
  )
  return unique.length > 0 ? unique.slice(0, MAX_CANDIDATES) : [{ ip: '127.0.0.1', port: enginePort }]
}

/** The same for the engine's TCP port; `#port` of the settings is that of UDP. */
export function advertisedTcpAddresses(
  settings: Pick<MediaSettings, 'advertisedAddresses' | 'advertisesPrivateAddresses' | 'tcp'>,
  interfaces: readonly InterfaceAddress[],
  enginePort: number,
): Address[] {
  const mapped = settings.tcp?.mappedPort ?? enginePort
  const given = settings.advertisedAddresses.map(({ ip }) => ({ ip, port: mapped }))
  // Without given addresses nothing says which of the machine's own lie behind the router.
  const own = given.length > 0 ? enginePort : mapped
  return advertisedAddresses({ ...settings, advertisedAddresses: given }, interfaces, own)
}

/** What STUN servers told of the UDP port, beside what is offered anyway; `base` is the address of this machine behind it. */
export function learnedAddresses(
  learned: readonly Address[],
  offered: readonly Address[],
  interfaces: readonly InterfaceAddress[],
  enginePort: number,
): { readonly ip: string; readonly port: number; readonly base: Address }[] {
  const isOffered = (address: Address) => offered.some(({ ip, port }) => ip === address.ip && port === address.port)
  return learned
    .filter((address) => !isOffered(address))
    .map((address) => {
      const isV6 = address.ip.includes(':')
      const own = interfaces.find(
        (entry) => !entry.internal && !isLinkLocal(entry.address) && entry.address.includes(':') === isV6,
      )
      return { ...address, base: { ip: own?.address ?? (isV6 ? '::' : '0.0.0.0'), port: enginePort } }
    })
}

/** TCP where a NAT leaves ports as they are, as those of clouds do; of others nothing is known. */
export function learnedTcpAddresses(
  learned: readonly Address[],
  offered: readonly Address[],
  ports: { readonly udp: number; readonly tcp: number },
): Address[] {
  return learned
    .filter(({ ip, port }) => port === ports.udp && !offered.some((address) => address.ip === ip))
    .map(({ ip }) => ({ ip, port: ports.tcp }))
}

/** RFC 1918, RFC 6598 and RFC 4193. */
export function isPrivate(address: string): boolean {
  if (address.includes(':')) return /^f[cd]/i.test(address)
  const [first = 0, second = 0] = address.split('.').map(Number)
  return (
    first === 10 ||
    (first === 172 && second >= 16 && second <= 31) ||
    (first === 192 && second === 168) ||
    (first === 100 && second >= 64 && second <= 127)
  )
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address) || address.startsWith('169.254.')
}

/** Each candidate costs every browser checks; machines with dozens of container networks have more than help. */
const MAX_CANDIDATES = 16
