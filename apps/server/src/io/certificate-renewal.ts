import { keepSelfSignedCertificate } from '@parley/edge'
import type { Edge } from '@parley/edge'
import type { Logger } from './log.ts'

/** Looks once a day whether the certificate is near its end, for servers that run for a year. Returns the way to stop. */
export function certificateRenewal(directory: string, edge: Edge, log: Logger): () => void {
  const timer = setInterval(() => {
    keepSelfSignedCertificate(directory).then(
      (certificate) => {
        if (certificate.origin === 'kept') return
        edge.setCertificate(certificate)
        log.info({ component: 'edge', notAfter: certificate.notAfter }, 'certificate renewed')
      },
      (error: unknown) => log.error({ component: 'edge', err: error }, 'renewing the certificate failed'),
    )
  }, DAY_MS)
  timer.unref()
  return () => clearInterval(timer)
}

const DAY_MS = 86_400_000
