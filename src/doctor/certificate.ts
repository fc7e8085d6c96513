/** What can be said of the certificate that API and inbox are served with. */
import { readCertificate } from '../config/certificate.ts'
import type { Config } from '../config.ts'
import { CausewayError } from '../domain/errors.ts'
import type { Finding } from '../domain/finding.ts'

/** A renewal should have come by then: certbot renews thirty days before the end. */
const EXPIRING_MS = 14 * 86_400_000

/** Nothing where no certificate is configured. */
export function examineCertificate({ http: { tls } }: Pick<Config, 'http'>, nowMs: number): Finding[] {
  if (tls === undefined) return []
  try {
    const { notAfterMs } = readCertificate(tls, nowMs)
    const what = `The certificate ${tls.cert} holds until ${new Date(notAfterMs).toISOString()}.`
    if (notAfterMs - nowMs > EXPIRING_MS) return [{ id: 'tls.expiring', severity: 'ok', what, fix: undefined }]
    const fix = 'Renew it; a running gateway takes the renewed files up within a minute.'
    return [{ id: 'tls.expiring', severity: 'warning', what, fix }]
  } catch (error) {
    if (!CausewayError.is(error)) throw error
    const fix = 'Put it right: a gateway that runs keeps the certificate it has, and does not start with this one.'
    return [{ id: 'tls.unusable', severity: 'error', what: error.message, fix }]
  }
}
