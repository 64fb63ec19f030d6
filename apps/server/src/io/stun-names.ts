import { lookup } from 'node:dns/promises'

/** One address of each family, as the system's resolver prefers them. @throws when there are none */
export async function resolveStunServer(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true })
  const first = (family: number) => found.find((entry) => entry.family === family)?.address
  return [first(4), first(6)].filter((address) => address !== undefined)
}
