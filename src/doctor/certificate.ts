/** What can be said of the certificate that API and inbox are served with. */
import { readCertificate } from '../config/certificate.ts'
import type { Config } from '../config.ts'
import { CausewayError } from '../domain/errors.ts'
import type { Finding } from '../domain/finding.ts'
import { found } from './found.ts'

/** A renewal should have come by then: certbot renews thirty days before the end. */
const EXPIRING_MS = 14 * 86_400_000

/** Nothing where no certificate is configured. */
export function examineCertificate({ http: { tls } }: Pick<Config, 'http'>, nowMs: number): Finding[] {
  if (tls === undefined) return []
  try {
    const { notAfterMs } = readCertificate(tls, nowMs)
    const values = { file: tls.cert, at: new Date(notAfterMs).toISOString() }
    if (notAfterMs - nowMs > EXPIRING_MS) return [found('tls.expiring.ok', 'ok', values)]
    return [found('tls.expiring', 'warning', values)]
  } catch (error) {
    if (!CausewayError.is(error)) throw error
    return [found('tls.unusable', 'error', { why: error.message })]
  }
}
