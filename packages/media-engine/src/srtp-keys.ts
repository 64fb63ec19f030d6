/** SRTP keys as signalling carries them: master key and salt in one base64 text (RFC 4568 §6.1). */
import { randomBytes } from 'node:crypto'
import { EngineError, type SrtpKeyPair, type SrtpProfileName } from './types.ts'

/** RFC 5764 §4.1.2 and RFC 7714 §14.2, with the bytes of master key and salt together. */
export const srtpProfiles: Readonly<Record<SrtpProfileName, { readonly id: number; readonly keyBytes: number }>> = {
  AES_CM_128_HMAC_SHA1_80: { id: 0x0001, keyBytes: 16 + 14 },
  AEAD_AES_128_GCM: { id: 0x0007, keyBytes: 16 + 12 },
  AEAD_AES_256_GCM: { id: 0x0008, keyBytes: 32 + 12 },
}

/** A fresh random key for one direction. */
export function generateSrtpKey(profile: SrtpProfileName): string {
  return randomBytes(profileOf(profile).keyBytes).toString('base64')
}

/** @throws EngineError `bad-argument` */
export function profileOf(name: SrtpProfileName): { readonly id: number; readonly keyBytes: number } {
  const profile = srtpProfiles[name]
  if (profile === undefined) throw new EngineError('bad-argument', `unknown SRTP profile: ${name}`)
  return profile
}

/** Profile number and both keys. @throws EngineError `bad-argument` */
export function nativeKeys(srtp: SrtpKeyPair): { readonly profile: number; readonly keys: readonly Uint8Array[] } {
  const { id, keyBytes } = profileOf(srtp.profile)
  if (srtp.localKey === srtp.remoteKey) {
    throw new EngineError('bad-argument', 'the SRTP keys of both directions are the same, which gives both away')
  }
  const keys = [srtp.localKey, srtp.remoteKey].map((text) => {
    const bytes = new Uint8Array(Buffer.from(text, 'base64'))
    if (bytes.length === keyBytes && /^[A-Za-z0-9+/]+=*$/.test(text)) return bytes
    // Never with the key itself.
    throw new EngineError('bad-argument', `an SRTP key of ${srtp.profile} is ${keyBytes} bytes in base64`)
  })
  return { profile: id, keys }
}
