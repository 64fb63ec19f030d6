import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { keepSelfSignedCertificate } from './certificate-store.ts'

let directory: string
before(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'parley-tls-')), 'tls')
})
after(() => rm(join(directory, '..'), { recursive: true }))

const names = { dns: ['localhost', 'host.example'], ip: ['127.0.0.1', '::1'] }

test('a certificate is created for the names, kept, renewed before its end, and replaced when it is broken', async () => {
  const nowMs = Date.now()
  const created = await keepSelfSignedCertificate(directory, { names, nowMs })
  assert.equal(created.origin, 'created')
  const certificate = new X509Certificate(created.certificatePem)
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  assert.ok(certificate.checkHost('host.example') && certificate.checkIP('::1') && certificate.checkIP('127.0.0.1'))
  assert.equal(certificate.checkHost('other.example'), undefined)
  assert.equal(certificate.ca, false)
  assert.equal((await stat(join(directory, 'key.pem'))).mode & 0o777, 0o600)

  const kept = await keepSelfSignedCertificate(directory, { names, nowMs: nowMs + 300 * DAY_MS })
  assert.equal(kept.origin, 'kept')
  assert.equal(kept.sha256Fingerprint, created.sha256Fingerprint)

  const renewed = await keepSelfSignedCertificate(directory, { names, nowMs: nowMs + 380 * DAY_MS })
  assert.equal(renewed.origin, 'renewed')
  assert.notEqual(renewed.sha256Fingerprint, created.sha256Fingerprint)

  // A key of another certificate, as after a crash between two writes.
  await writeFile(join(directory, 'key.pem'), created.keyPem)
  const replaced = await keepSelfSignedCertificate(directory, { names, nowMs: nowMs + 380 * DAY_MS })
  assert.equal(replaced.origin, 'replaced')
  await writeFile(join(directory, 'certificate.pem'), 'garbage')
  assert.equal((await keepSelfSignedCertificate(directory, { names })).origin, 'replaced')
})

test('a directory that cannot be written is named', async () => {
  const file = join(directory, 'certificate.pem')
  await assert.rejects(keepSelfSignedCertificate(join(file, 'tls'), { names }), (error: Error) =>
    error.message.includes(file),
  )
})

const DAY_MS = 86_400_000
