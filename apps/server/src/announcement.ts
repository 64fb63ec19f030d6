/** What `parley start` says when it is ready: where to go, and what each port is for. */

export interface Addresses {
  readonly httpPort: number
  readonly httpsPort: number | undefined
  readonly mediaPort: number
  readonly mediaTcpPort?: number | undefined
  /** From the settings, when set. */
  readonly publicUrl: string | undefined
  /** Addresses of this machine in its networks. */
  readonly hosts: readonly string[]
  readonly media: readonly { readonly ip: string; readonly port: number }[]
  /** In ICE candidates now, those learned from STUN included. */
  readonly offered?: readonly { readonly ip: string; readonly port: number }[]
  readonly redirectsToHttps: boolean
  /** SHA-256 of a certificate that browsers will ask about. */
  readonly selfSignedFingerprint: string | undefined
}

export function announcement(addresses: Addresses): string {
  const { httpPort, httpsPort, mediaPort, mediaTcpPort, publicUrl, redirectsToHttps, selfSignedFingerprint } = addresses
  const scheme = httpsPort === undefined ? 'http' : 'https'
  const port = httpsPort ?? httpPort
  const own = ['localhost', ...addresses.hosts.map(urlHost)].map(
    (host) => new URL(`${scheme}://${host}:${port}`).origin,
  )
  const open = [...new Set([...(publicUrl ? [publicUrl] : []), ...own])]
  const rows: [string, string][] = [
    ...open.map((url, index): [string, string] => [index === 0 ? 'Open' : '', url]),
    ['', ''],
    ...(httpsPort === undefined ? [] : [row(httpsPort, 'tcp', 'web client and signalling (HTTPS, WebSocket)')]),
    row(httpPort, 'tcp', redirectsToHttps ? 'sends visitors to HTTPS' : 'the same in clear, for a proxy or localhost'),
    row(mediaPort, 'udp', `audio and video; offered as ${addresses.media.map(formatMedia).join(', ')}`),
    ...(mediaTcpPort === undefined ? [] : [row(mediaTcpPort, 'tcp', 'audio and video where UDP does not get through')]),
  ]
  if (selfSignedFingerprint) {
    rows.push(['', ''], ['Note', 'The certificate is self-signed: browsers ask once. SHA-256'])
    rows.push(['', selfSignedFingerprint])
  }
  return `Parley is ready.\n\n${rows.map(([name, text]) => `  ${name.padEnd(10)} ${text}`.trimEnd()).join('\n')}\n`
}

function row(port: number, protocol: string, purpose: string): [string, string] {
  return [`${port}/${protocol}`, purpose]
}

function formatMedia({ ip, port }: { ip: string; port: number }): string {
  return `${urlHost(ip)}:${port}`
}

function urlHost(ip: string): string {
  return ip.includes(':') ? `[${ip}]` : ip
}
