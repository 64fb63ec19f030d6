/** The self-signed certificate on disk: created once, kept, replaced when it is near its end or cannot be used. */
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { hostname, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { createSelfSignedCertificate, isNearItsEnd } from '../certificate.ts'
import type { CertificateNames, CertificatePair } from '../certificate.ts'

export interface KeptCertificate extends CertificatePair {
  /** Upper-case hex with colons, as browsers show it. */
  readonly sha256Fingerprint: string
  readonly notAfter: Date
  readonly origin: 'kept' | 'created' | 'renewed' | 'replaced'
}

/**
 * `directory` is created when it is missing. The key file is readable by its owner only.
 * @throws Error naming the directory when it cannot be written
 */
export async function keepSelfSignedCertificate(
  directory: string,
  options: { readonly names?: CertificateNames; readonly nowMs?: number } = {},
): Promise<KeptCertificate> {
  const nowMs = options.nowMs ?? Date.now()
  const kept = await read(directory)
  if (kept !== 'missing' && kept !== 'unusable' && !isNearItsEnd(notAfterMs(kept), nowMs)) return describe(kept, 'kept')

  const pair = await createSelfSignedCertificate(options.names ?? machineNames(), nowMs, webcrypto)
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await replaceFile(join(directory, KEY_FILE), pair.keyPem, 0o600)
    await replaceFile(join(directory, CERTIFICATE_FILE), pair.certificatePem, 0o644)
  } catch (error) {
    throw new Error(`cannot keep a certificate in ${directory}: ${(error as Error).message}`, { cause: error })
  }
  return describe(pair, kept === 'missing' ? 'created' : kept === 'unusable' ? 'replaced' : 'renewed')
}

/** `localhost`, the host name, and the addresses by which the machines around reach this one. */
export function machineNames(): CertificateNames {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const reachable = addresses
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
  const host = hostname().toLowerCase()
  const isDnsName = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(host)
  return {
    dns: [...new Set(['localhost', ...(isDnsName ? [host] : [])])],
    ip: [...new Set(['127.0.0.1', '::1', ...reachable])].slice(0, 64),
  }
}

async function read(directory: string): Promise<CertificatePair | 'missing' | 'unusable'> {
  let pair: CertificatePair
  try {
    const [certificatePem, keyPem] = await Promise.all([
      readFile(join(directory, CERTIFICATE_FILE), 'utf8'),
      readFile(join(directory, KEY_FILE), 'utf8'),
    ])
    pair = { certificatePem, keyPem }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing'
    throw new Error(`cannot read the certificate in ${directory}: ${(error as Error).message}`, { cause: error })
  }
  try {
    const isPair = new X509Certificate(pair.certificatePem).checkPrivateKey(createPrivateKey(pair.keyPem))
    return isPair ? pair : 'unusable'
  } catch {
    return 'unusable'
  }
}

/** Never leaves half a file behind. */
async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const temporary = `${path}.${process.pid}.new`
  await writeFile(temporary, text, { mode })
  await rename(temporary, path)
}

function notAfterMs(pair: CertificatePair): number {
  return Date.parse(new X509Certificate(pair.certificatePem).validTo)
}

function describe(pair: CertificatePair, origin: KeptCertificate['origin']): KeptCertificate {
  const { fingerprint256, validTo } = new X509Certificate(pair.certificatePem)
  return { ...pair, origin, sha256Fingerprint: fingerprint256, notAfter: new Date(validTo) }
}

const CERTIFICATE_FILE = 'certificate.pem'
const KEY_FILE = 'key.pem'
