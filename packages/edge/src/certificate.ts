/**
 * The certificate of a server that nobody has given one: self-signed, ECDSA P-256, for the names by which people in reach
 * call this machine (RFC 5280, RFC 6125). Time and keys come from outside.
 */
import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

export interface CertificateNames {
  readonly dns: readonly string[]
  readonly ip: readonly string[]
}

export interface CertificatePair {
  readonly certificatePem: string
  /** PKCS #8. */
  readonly keyPem: string
}

export async function createSelfSignedCertificate(
  names: CertificateNames,
  nowMs: number,
  crypto: webcrypto.Crypto,
): Promise<CertificatePair> {
  const keys = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair
  const serial = crypto.getRandomValues(new Uint8Array(16))
  // Positive and of full length (RFC 5280 §4.1.2.2).
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=Parley (self-signed)',
      serialNumber: Buffer.from(serial).toString('hex'),
      // Machines whose clock is somewhat behind shall accept it too.
      notBefore: new Date(nowMs - DAY_MS),
      notAfter: new Date(nowMs + VALIDITY_DAYS * DAY_MS),
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([
          ...names.dns.map((value) => ({ type: 'dns' as const, value })),
          ...names.ip.map((value) => ({ type: 'ip' as const, value })),
        ]),
      ],
    },
    // the same object; the library's word for it is the browser's where browser types are in force
    crypto as Parameters<typeof X509CertificateGenerator.createSelfSigned>[1],
  )
  const key = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    keyPem: `-----BEGIN PRIVATE KEY-----\n${key.replace(/.{64}(?!$)/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
  }
}

/** A certificate is replaced while it still has a month, so that a server that is started once a month never serves a dead one. */
export function isNearItsEnd(notAfterMs: number, nowMs: number): boolean {
  return notAfterMs - nowMs < 30 * DAY_MS
}

const DAY_MS = 86_400_000
/** Browsers refuse certificates that are valid for longer than 398 days. */
const VALIDITY_DAYS = 396
