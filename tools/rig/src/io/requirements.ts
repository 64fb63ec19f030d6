import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Why the relay cannot even be simulated here, as one sentence; `undefined` = it can. */
export function whyNoRelay(): string | undefined {
  if (process.platform !== 'linux') return `The relay needs Linux; this is ${process.platform}.`
  return isProgram('g++') ? undefined : 'There is no g++ to compile the relay: install the package g++.'
}

/** Why a network of namespaces cannot be had here, as one sentence; `undefined` = it can. */
export function whyNoNetwork(): string | undefined {
  const why = whyNoRelay()
  if (why !== undefined) return why
  if (process.getuid?.() !== 0) return 'Network namespaces need root.'
  if (!mayAdministrate()) return 'Network namespaces need CAP_NET_ADMIN and CAP_SYS_ADMIN, which this process lacks.'
  if (!existsSync('/dev/net/tun')) return 'There is no /dev/net/tun: the kernel or the container has no tun devices.'
  return isProgram('nsenter') ? undefined : 'There is no nsenter: install the package util-linux.'
}

/** Root of a container often is not. */
function mayAdministrate(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  const held = BigInt(`0x${effective ?? '0'}`)
  return [CAP_NET_ADMIN, CAP_SYS_ADMIN].every((capability) => ((held >> capability) & 1n) === 1n)
}

function isProgram(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const CAP_NET_ADMIN = 12n
const CAP_SYS_ADMIN = 21n
